"""Pokea: a self-hosted M-PESA gateway on Safaricom's Daraja.

Folders are layers, file names are slices; see the map in README.md. Read the money's journey
in :mod:`pokea.flows`, what is true about it in :mod:`pokea.domain`, and Safaricom's side of
the wire in :mod:`pokea.daraja`.
"""
