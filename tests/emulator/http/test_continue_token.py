"""Continue tokens."""

import base64

import pytest

from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.continue_token import NOW, decode_token, encode_token


@pytest.mark.parametrize("revision", [1234, NOW])
def test_a_token_gives_back_what_it_was_made_of(revision: int) -> None:
    assert decode_token(encode_token("default/web", revision)) == ("default/web", revision)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        pytest.param("garbage", r"invalid character '\\x81' looking for beginning of value", id="no-json"),
        pytest.param("!", "illegal base64 data", id="no-base64"),
        pytest.param(
            base64.b64encode(b'{"v":"meta.k8s.io/v2","rv":5,"start":"a"}').decode().rstrip("="),
            'does not recognize this encoded version "meta.k8s.io/v2"',
            id="another-version",
        ),
        pytest.param(
            base64.b64encode(b'{"v":"meta.k8s.io/v1","rv":0,"start":"a"}').decode().rstrip("="),
            "incorrect encoded start resourceVersion",
            id="no-revision",
        ),
    ],
)
def test_a_token_of_another_make_is_refused(token: str, words: str) -> None:
    with pytest.raises(ApiError, match=words) as refusal:
        decode_token(token)
    assert refusal.value.code == 400
