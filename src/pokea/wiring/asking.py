"""Who asks Safaricom what it answers later: an API operator, if the settings name one."""

from pokea.daraja.certificates import Certificate, InitiatorPassword
from pokea.daraja.credentials import Initiator, SecurityCredential
from pokea.daraja.environments import Environment
from pokea.daraja.errors import InvalidValue
from pokea.provider import Caller, DarajaInquirer, DarajaPuller
from pokea.settings import BadSettings, MpesaEnv, Settings
from pokea.store.sealing import Sealer


def inquirer_of(settings: Settings, client: Caller, sealer: Sealer) -> DarajaInquirer | None:
    """The operator that asks for balances and statuses, or None.

    Raises:
        BadSettings: its name, password or certificate cannot work.
    """
    if not settings.may_ask:
        return None
    password = settings.mpesa_initiator_password.get_secret_value()
    given = settings.mpesa_security_credential.get_secret_value()
    try:
        credential = SecurityCredential(given) if given else _encrypted(settings, password)
        initiator = Initiator(name=settings.mpesa_initiator_name, credential=credential)
    except InvalidValue as error:
        raise BadSettings(f"MPESA_INITIATOR_…: {error}") from None
    return DarajaInquirer(
        client=client,
        initiator=initiator,
        # Not the credential: that differs at every start, and a new password must count.
        mark=sealer.text_index(f"{settings.mpesa_initiator_name}\n{password or given}"),
        base_url=settings.base_url,
        plain_http=not settings.livemode,
    )


def puller_of(settings: Settings, client: Caller) -> DarajaPuller | None:
    """Who reads Safaricom's list of what was paid, or None."""
    return DarajaPuller(client=client) if settings.pokea_pull else None


def _encrypted(settings: Settings, password: str) -> SecurityCredential:
    return _certificate(settings).encrypt(InitiatorPassword(password))


def _certificate(settings: Settings) -> Certificate:
    environment = {
        MpesaEnv.PRODUCTION: Environment.PRODUCTION,
        MpesaEnv.SANDBOX: Environment.SANDBOX,
    }.get(settings.mpesa_env)
    path = settings.mpesa_certificate
    if path is not None:
        try:
            return Certificate.read(path.read_bytes(), environment)
        except OSError as error:
            raise BadSettings(f"MPESA_CERTIFICATE: {path}: {error.strerror}") from None
    if environment is None:
        raise BadSettings(
            "MPESA_CERTIFICATE is not set. A simulator has a key of its own: save the"
            " certificate_pem of its /_sim/credentials to a file, and name that file."
        )
    return Certificate.packaged(environment)
