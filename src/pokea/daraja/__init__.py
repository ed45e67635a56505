"""Safaricom's Daraja, complete and usable alone: this package imports nothing else of pokea.

::

    values        Money Msisdn MaskedMsisdn HashedMsisdn Shortcode Receipt AccountReference
                  TransactionDescription Remarks OriginatorConversationId CallbackUrl
                  EAT eat_timestamp parse_eat parse_payer
    errors        one tree; every error says whether money may have moved
    results       what Safaricom's codes mean, who must act, what to tell the payer
    callbacks     decode(kind, body) -> a typed callback, or MalformedCallback
    operations    StkPush B2c Reversal ...: frozen values with encode() and decode(), no I/O;
                  operations.products is the table of them all
    credentials   Passkey, Initiator, SecurityCredential: secrets that no representation shows
    certificates  Safaricom's certificates, and security credentials made with them
    client        Client, AsyncClient: .send(operation)
    environments  Safaricom's hosts
    tokens        the token cache: its protocol, and the one in memory; tokens_sql, tokens_redis
    testing       Script: a Daraja that answers what a test wrote down

    inside:  wire (a request, a reply)  classification (what an answer means)  exchange (the
             conversation, without I/O)  transport (what a client needs of HTTP)  _http
             _http_async  _http_connection  strict_json  reading (fields of callbacks)  clock

    from pokea.daraja.client import Client
    from pokea.daraja.operations import StkPush
    from pokea.daraja.values import Money, Msisdn, Shortcode

An acknowledgement (`PushAck`) is not a payment: only a callback, or Safaricom's answer to a
query, says what became of the money. Wire facts name their sources by short tags: O is a page
of Safaricom's portal (2025-12), O17 the portal of 2017, other letters are people who recorded
live traffic (N, U, G, K, NM, PS; 2026).
"""
