import base64

from components.delivery.loop import BATCH
from components.internal_http.server import MAX_REQUEST_BYTES
from components.wire.names import MAX_BODY_BYTES

FIELDS_BYTES = 1024  # names, ids, hash, routes: generously


def test_a_full_batch_of_the_largest_messages_fits_into_one_request():
    body = len(base64.b64encode(bytes(MAX_BODY_BYTES)))
    assert BATCH * (body + FIELDS_BYTES) <= MAX_REQUEST_BYTES
