"""`python -m pokea.shop --port 4003`: runs the demo shop until Ctrl-C."""

from pokea.shop.serve import serve
from pokea.shop.settings import read_settings

serve(read_settings())
