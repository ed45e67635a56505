"""Builds what answers validations: the merchant's rules, and their hook."""

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pokea.daraja.values import Money
from pokea.domain.validation import ValidationRules
from pokea.flows.deps import Deps
from pokea.flows.ports import Clock
from pokea.flows.validate_payment import HookTerms, Validator
from pokea.settings import BadSettings, Settings
from pokea.validation_hook import HttpHook, PythonHook


def open_validator(settings: Settings, deps: Deps) -> Validator:
    """What answers Safaricom's questions.

    Raises:
        BadSettings: the merchant's Python function cannot be imported.
    """
    terms = HookTerms(
        hook=_hook(settings, deps.clock),
        timeout_s=settings.pokea_validation_hook_timeout_ms / 1000,
        accept_by_default=settings.pokea_validation_default == "accept",
    )
    return Validator(deps, _rules(settings), terms)


def _rules(settings: Settings) -> ValidationRules:
    form = settings.pokea_validation_accounts
    return ValidationRules(
        known_accounts_only=settings.pokea_validation_known_accounts_only,
        # Nobody minds capital letters at a phone's menu.
        accounts=None if form is None else re.compile(form.pattern, re.IGNORECASE),
        amount_min=_shillings(settings.pokea_validation_min),
        amount_max=_shillings(settings.pokea_validation_max),
    )


def _hook(settings: Settings, clock: Clock) -> HttpHook | PythonHook | None:
    hook = settings.pokea_validation_hook
    if hook is None:
        return None
    if "://" in hook:
        secret = settings.pokea_validation_secret.get_secret_value()
        return HttpHook(hook, secret, clock)
    return PythonHook(_function(hook))


def _function(name: str) -> Callable[[Mapping[str, object]], object]:
    module, _, attribute = name.partition(":")
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as a server of Python applications does
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise BadSettings(f"POKEA_VALIDATION_HOOK: {error}") from None
    if not callable(found):
        raise BadSettings(f"POKEA_VALIDATION_HOOK: {name} is not a function")
    return found


def _shillings(amount: int | None) -> Money | None:
    return None if amount is None else Money.shillings(amount)
