"""Which Daraja, and who we are there."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class MpesaEnv(StrEnum):
    """Which Daraja this installation talks to."""

    SIMULATOR = "simulator"
    SANDBOX = "sandbox"
    PRODUCTION = "production"


class DarajaSettings(BaseSettings):
    """The app, the shortcode, and the operator who asks."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    mpesa_env: MpesaEnv = Field(
        default=MpesaEnv.SANDBOX, description="`simulator`, `sandbox` or `production`."
    )
    mpesa_base_url: str | None = Field(
        default=None, description="Another Daraja host, for instance a simulator's."
    )
    mpesa_consumer_key: str = Field(default="", description="The Daraja app's key.")
    mpesa_consumer_secret: SecretStr = Field(
        default=SecretStr(""), description="The Daraja app's secret."
    )
    mpesa_shortcode: str = Field(
        default="", description="The paybill, or for a till its store number."
    )
    mpesa_passkey: SecretStr = Field(
        default=SecretStr(""), description="The shortcode's M-PESA Express passkey."
    )
    mpesa_till: str | None = Field(
        default=None, description="The till number, when customers pay a till."
    )
    mpesa_initiator_name: str = Field(
        default="",
        description="The API operator who may ask for balances and a receipt's status.",
    )
    mpesa_initiator_password: SecretStr = Field(
        default=SecretStr(""), description="The API operator's password."
    )
    mpesa_security_credential: SecretStr = Field(
        default=SecretStr(""), description="That password, encrypted already; instead of it."
    )
    mpesa_certificate: Path | None = Field(
        default=None,
        description="The certificate that encrypts it; default: the environment's own.",
    )

    @field_validator("mpesa_base_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value if value is None else value.rstrip("/")

    @model_validator(mode="after")
    def _know_daraja(self) -> Self:
        if self.mpesa_env is MpesaEnv.SIMULATOR and not self.mpesa_base_url:
            raise ValueError("MPESA_ENV=simulator also needs MPESA_BASE_URL")
        if self.may_ask is not bool(self.mpesa_initiator_name):
            raise ValueError(
                "MPESA_INITIATOR_NAME goes with MPESA_INITIATOR_PASSWORD, or with"
                " MPESA_SECURITY_CREDENTIAL"
            )
        return self

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return self.mpesa_env is MpesaEnv.PRODUCTION

    @property
    def may_ask(self) -> bool:
        """Whether there is an initiator, who asks for balances and statuses."""
        secrets = (self.mpesa_initiator_password, self.mpesa_security_credential)
        return any(secret.get_secret_value() for secret in secrets)
