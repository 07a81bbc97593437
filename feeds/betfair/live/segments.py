"""Messages of the stream, and how one that came in segments becomes whole again."""

from typing import Literal

from msgspec import Raw, Struct, structs
from msgspec.json import Decoder

ChangeKind = Literal["SUB_IMAGE", "RESUB_DELTA", "HEARTBEAT"]
SegmentType = Literal["SEG_START", "SEG", "SEG_END"]


class Response(Struct, frozen=True):
    """What the stream sends, of any kind; after Betfair's ESASwaggerSchema, unknown keys are ignored."""

    op: str
    id: int | None = None
    connectionId: str | None = None
    connectionsAvailable: int | None = None
    statusCode: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    ct: ChangeKind | None = None
    segmentType: SegmentType | None = None
    initialClk: str | None = None
    clk: str | None = None
    heartbeatMs: int | None = None
    pt: int | None = None
    status: int | None = None
    mc: list[Raw] | None = None


decode_response = Decoder(Response, strict=False).decode


class Segments:
    """Puts segments together, so that a change is seen whole or not at all."""

    def __init__(self) -> None:
        self._parts: list[Response] = []

    def add(self, message: Response) -> Response | None:
        """The whole message, once it is; None while segments of it are to come.

        Segments without a start are left out, and so are those whose end never came. The clocks are those
        of the end: a connection lost within a message resumes before it.
        """
        if message.segmentType is None:
            return message
        if message.segmentType == "SEG_START":
            self._parts = [message]
        elif self._parts:
            self._parts.append(message)
        if message.segmentType != "SEG_END" or not self._parts:
            return None
        parts, self._parts = self._parts, []
        initial = next((part.initialClk for part in reversed(parts) if part.initialClk), None)
        clk = next((part.clk for part in reversed(parts) if part.clk), None)
        changes = [change for part in parts for change in part.mc or ()]
        return structs.replace(message, ct=parts[0].ct, initialClk=initial, clk=clk, mc=changes)
