import pytest

from workbench.cluster.addresses import kafka_addresses, masked, redis_address


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("localhost:9092", [("localhost", 9092)]),
        ("k-1.example:9092,10.0.0.2:9093", [("k-1.example", 9092), ("10.0.0.2", 9093)]),
        ("[::1]:9092", [("::1", 9092)]),
    ],
)
def test_kafka_is_host_and_port_of_one_or_more_brokers(text, addresses):
    assert kafka_addresses(text) == addresses


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "no port"),
        ("", "no port"),
        (":9092", "no host"),
        ("a b:9092", "no host"),
        ("a:0", "1 to 65535"),
        ("a:65536", "1 to 65535"),
        ("a:٣", "1 to 65535"),
        ("a:9092,", "no port"),
        ("::1:9092", "no host"),
    ],
)
def test_what_is_no_address_of_a_broker_is_named(text, words):
    with pytest.raises(ValueError, match=words):
        kafka_addresses(text)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://localhost", ("localhost", 6379)),
        ("redis://localhost:7000/3", ("localhost", 7000)),
        ("rediss://user:p%40ss@redis.example/0?ssl_cert_reqs=none", ("redis.example", 6379)),
        ("redis://[::1]:7000", ("::1", 7000)),
        ("redis://[::1]", ("::1", 6379)),
    ],
)
def test_redis_has_a_port_of_its_own_unless_another_is_named(url, address):
    assert redis_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis://h:x",
        "redis://h/abc",
        "http://h",
        "redis://:topsecret@h:x",
        "redis://:top/secret@h",
        "redis://:topsecret@[::1",
        "redis://:topsecret@h\u2100:1",
    ],
)
def test_what_is_no_url_of_a_redis_is_refused_without_its_password(url):
    with pytest.raises(ValueError, match=r".") as caught:
        redis_address(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost:7000/3", "redis://localhost:7000/3"),
        ("redis://user:secret@localhost:7000/3", "redis://***@localhost:7000/3"),
        ("redis://:se@cret@localhost", "redis://***@localhost"),
        ("redis://localhost?password=secret", "redis://localhost?***"),
        ("kafka://a:1,b:2", "kafka://a:1,b:2"),
    ],
)
def test_nothing_secret_of_a_url_is_shown(url, shown):
    assert masked(url) == shown
