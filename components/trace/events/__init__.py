"""Every kind of event in the journal: typed facts, never prose.

`step` is the number of the walkthrough's step 3 to which a kind of event belongs, None outside a message's journey.
A body is never in here, only its size and hash: the journal is a log, and logs hold no plaintext.
"""

from __future__ import annotations

from components.trace.events.background import (
    EngineUnavailable,
    OffsetsCommitted,
    PartitionsAssigned,
    RecordSkipped,
    SendFailed,
)
from components.trace.events.base import Event
from components.trace.events.connecting import (
    ConnectDirected,
    ConnectionChanged,
    ConnectionRefused,
    ConnectionReplaced,
    FrameRejected,
    ReconnectScheduled,
    RouteRegistered,
    RouteRemoved,
    ServerHealthChanged,
)
from components.trace.events.message import (
    CounterSeeded,
    MessageAppended,
    MessageHandedOver,
    MessageSent,
    MessageShown,
    MessageStatusChanged,
    MessageStored,
    MessageWritten,
    ReceiptHandedOver,
    ReceiptKept,
    ReceiptTaken,
    ReceiptWaits,
    RecipientOffline,
    RecordConsumed,
    RouteLookedUp,
    SendReceived,
    SendTransmitted,
    SequenceAssigned,
)
from components.trace.events.run import (
    ComponentExited,
    ComponentStarted,
    RunStarted,
    RunStopped,
)

EVENTS: dict[str, type[Event]] = {
    event.kind(): event
    for event in (
        RunStarted,
        ComponentStarted,
        ComponentExited,
        RunStopped,
        ConnectDirected,
        ServerHealthChanged,
        ConnectionChanged,
        ReconnectScheduled,
        RouteRegistered,
        RouteRemoved,
        ConnectionReplaced,
        ConnectionRefused,
        FrameRejected,
        MessageWritten,
        SendTransmitted,
        SendReceived,
        SequenceAssigned,
        CounterSeeded,
        MessageAppended,
        MessageSent,
        RecordConsumed,
        MessageStored,
        RouteLookedUp,
        MessageHandedOver,
        RecipientOffline,
        MessageShown,
        ReceiptTaken,
        ReceiptKept,
        ReceiptHandedOver,
        ReceiptWaits,
        MessageStatusChanged,
        SendFailed,
        PartitionsAssigned,
        OffsetsCommitted,
        RecordSkipped,
        EngineUnavailable,
    )
}
"""The registry: kind -> type, in the order of a run."""

__all__ = [
    "EVENTS",
    "ComponentExited",
    "ComponentStarted",
    "ConnectDirected",
    "ConnectionChanged",
    "ConnectionRefused",
    "ConnectionReplaced",
    "CounterSeeded",
    "EngineUnavailable",
    "Event",
    "FrameRejected",
    "MessageAppended",
    "MessageHandedOver",
    "MessageSent",
    "MessageShown",
    "MessageStatusChanged",
    "MessageStored",
    "MessageWritten",
    "OffsetsCommitted",
    "PartitionsAssigned",
    "ReceiptHandedOver",
    "ReceiptKept",
    "ReceiptTaken",
    "ReceiptWaits",
    "RecipientOffline",
    "ReconnectScheduled",
    "RecordConsumed",
    "RecordSkipped",
    "RouteLookedUp",
    "RouteRegistered",
    "RouteRemoved",
    "RunStarted",
    "RunStopped",
    "SendFailed",
    "SendReceived",
    "SendTransmitted",
    "SequenceAssigned",
    "ServerHealthChanged",
]
