"""Questions that Safaricom answers later, asked as an API operator of the organisation."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, assert_never

from pokea.daraja.credentials import Initiator
from pokea.daraja.errors import DarajaError
from pokea.daraja.operations import BalanceQuery, ResultUrls, StatusQuery
from pokea.daraja.operations.acks import Ack
from pokea.daraja.values import CallbackUrl, Remarks
from pokea.domain.inquiry import Conversation, Inquiry, InquiryKind
from pokea.flows.ports import Answer, Asked, AskOutcome, Unheard
from pokea.provider.answers import CALL_S, answer_of, evidence, no_answer, question_failed
from pokea.provider.gate import Caller

_STATUS: Final = Remarks("Status of a receipt")
_BALANCE: Final = Remarks("Balances")


@dataclass(frozen=True, slots=True, kw_only=True)
class DarajaInquirer:
    """Asks through one Daraja app, as one initiator."""

    client: Caller
    initiator: Initiator
    mark: bytes = field(repr=False)
    base_url: str
    plain_http: bool

    async def ask(
        self, inquiry: Inquiry, *, result_path: str, timeout_path: str
    ) -> tuple[AskOutcome, Answer]:
        """Ask once."""
        try:
            urls = ResultUrls(result=self._url(result_path), timeout=self._url(timeout_path))
            async with asyncio.timeout(CALL_S):
                ack = await self.client.send(self._question(inquiry, urls))
        except DarajaError as error:
            return question_failed(error), evidence(error)
        except TimeoutError:
            return Unheard(), no_answer("no answer in time")
        return _taken(ack), answer_of(ack, "question accepted, ResponseCode 0")

    def _question(self, inquiry: Inquiry, urls: ResultUrls) -> StatusQuery | BalanceQuery:
        match inquiry.kind:
            case InquiryKind.STATUS:
                return StatusQuery(
                    shortcode=inquiry.shortcode,
                    initiator=self.initiator,
                    receipt=inquiry.about,
                    remarks=_STATUS,
                    urls=urls,
                )
            case InquiryKind.BALANCE:
                return BalanceQuery(
                    shortcode=inquiry.shortcode,
                    initiator=self.initiator,
                    remarks=_BALANCE,
                    urls=urls,
                )
            case _:
                assert_never(inquiry.kind)

    def _url(self, path: str) -> CallbackUrl:
        return CallbackUrl.parse(self.base_url + path, allow_http=self.plain_http)


def _taken(ack: Ack) -> Asked:
    return Asked(Conversation(ack.conversation_id, ack.originator_conversation_id))
