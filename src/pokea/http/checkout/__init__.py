"""The hosted checkout's face: one small page that says what the payer has to do next.

Nothing here reads a database, a clock or a request; `routes.py` builds a `CheckoutView` and
asks for bytes.

    view.py     what the page is told (`CheckoutView`) and `state_of`, which names the state
    wording.py  the two languages, and how money and phones are read
    page.py     `render`, `status_json`, `headers`
    copy/       the words, one JSON file per language; templates/ the page, its style and script

The contract with the routes:

- `GET /pay/{token}` answers `render(view, language, path, now)`, 200, with `headers()`.
  `language` is `pick_language(lang_parameter, accept_language_header, merchant_default)`,
  `path` is the page's own path (`/pay/{token}`).
- `POST /pay/{token}?lang=` has either the field `phone` (as typed), or no phone and
  `again=1`: prompt the number of the last attempt, which the page never learns in full.
  Accepted: 303 to `{path}?lang={language}`. Refused: 422 (429 for `prompt_rate_limited`,
  409 for `payment_in_flight`) with `render` of the same view, `field_error` set to the
  error's code and `typed_phone` to what was typed.
  Because of `Referrer-Policy: no-referrer` browsers send `Origin: null` with this form;
  judge where it came from by `Sec-Fetch-Site`, not by `Origin`.
- `GET /pay/{token}/status` answers `status_json(view, now)`, application/json.
- `GET /pay/{token}/events` is text/event-stream of unnamed messages whose data is exactly
  `status_json(view, now)`: one at once on connecting (the script gives up on a stream that
  says nothing within five seconds, and polls), then one whenever those bytes change.
  A comment line every 15 seconds keeps proxies from closing it.

The page carries the status it was drawn from. When the script hears any other bytes it fetches
the page again and exchanges the two parts of the card, so there is one representation of a
state and no fragment route.
"""
