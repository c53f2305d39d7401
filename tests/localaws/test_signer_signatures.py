"""The signature inside a signed archive: what breaks it, and what ends it."""

import io
import zipfile
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws, signer
from tests.localaws.test_signer import archive, finish, prepare, signed_bytes

FILES = {"a.py": b"first", "b.py": b"second"}
Entries = list[tuple[str, bytes]]


def rewritten(body: bytes, change: Callable[[Entries], Entries]) -> bytes:
    """The archive with other entries."""
    with zipfile.ZipFile(io.BytesIO(body)) as signed:
        entries = [(name, signed.read(name)) for name in signed.namelist()]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for name, content in change(entries):
            written.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def signed(aws: LocalAws) -> bytes:
    """A signed archive of two files."""
    prepare(aws)
    return signed_bytes(aws, finish(aws, archive(FILES)))


def test_only_signed_archives_have_a_signature(aws: LocalAws) -> None:
    """An unsigned archive, and what is no archive at all, has none."""
    assert signer.signature_of(archive(FILES)) is None
    assert signer.signature_of(b"no zip file") is None


def test_repacking_the_same_content_keeps_the_signature(signed: bytes) -> None:
    """The signature is over names and bytes, not over how they are packed."""
    assert signer.signature_of(rewritten(signed, lambda entries: entries)) is not None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda e: [(e[0][0], b"other"), *e[1:]], id="changed"),
        pytest.param(lambda e: [("c.py", e[0][1]), *e[1:]], id="renamed"),
        pytest.param(lambda e: [*e, ("c.py", b"")], id="added"),
        pytest.param(lambda e: e[1:], id="removed"),
        pytest.param(lambda e: [e[1], e[0], e[2]], id="reordered"),
        pytest.param(lambda e: [e[0], ("b.py", b"secon"), ("d", b""), e[2]], id="split"),
        pytest.param(lambda e: [*e[:2], (e[2][0], b"{}")], id="emptied signature"),
        pytest.param(lambda e: [*e[:2], (e[2][0], b"no json")], id="broken signature"),
        pytest.param(
            lambda e: [*e[:2], (e[2][0], e[2][1].replace(b"releases", b"trusted_"))],
            id="other profile",
        ),
        pytest.param(
            lambda e: [*e[:2], (e[2][0], e[2][1].replace(b'"expires_at": ', b'"expires_at": 9'))],
            id="longer validity",
        ),
    ],
)
def test_any_change_breaks_the_signature(
    signed: bytes, change: Callable[[Entries], Entries]
) -> None:
    """Whatever is changed after signing is found."""
    with pytest.raises(signer.TamperedError):
        signer.signature_of(rewritten(signed, change))


def test_damage_inside_the_file_is_tampering(signed: bytes) -> None:
    """A signed archive with a damaged entry is not taken for an unsigned one."""
    damaged = signed.replace(b"first", b"worst")
    with pytest.raises(signer.TamperedError):
        signer.signature_of(damaged)


def test_another_accounts_signature_does_not_hold_here() -> None:
    """Each embedded AWS (each seed) has keys of its own."""
    with LocalAws(seed=2) as other:
        prepare(other)
        body = signed_bytes(other, finish(other, archive(FILES)))
    with LocalAws(seed=1), pytest.raises(signer.TamperedError):
        signer.signature_of(body)


def test_equal_runs_sign_to_equal_bytes() -> None:
    """The same seed gives the same signed archive."""
    bodies = []
    for _ in range(2):
        with LocalAws() as aws:
            prepare(aws)
            bodies.append(signed_bytes(aws, finish(aws, archive(FILES))))
    assert bodies[0] == bodies[1]


def test_a_revoked_job_revokes_its_signature(aws: LocalAws) -> None:
    """RevokeSignature marks this job's signature and no other."""
    prepare(aws)
    first, second = finish(aws, archive(FILES), "1"), finish(aws, archive(FILES), "2")
    client = aws.client("signer")
    client.revoke_signature(jobId=first["jobId"], reason="leaked")
    described = client.describe_signing_job(jobId=first["jobId"])
    assert described["revocationRecord"]["reason"] == "leaked"
    revoked = signer.signature_of(signed_bytes(aws, first))
    valid = signer.signature_of(signed_bytes(aws, second))
    assert revoked is not None
    assert valid is not None
    assert (revoked.revoked, valid.revoked) == (True, False)
    assert len(client.list_signing_jobs(isRevoked=True)["jobs"]) == 1


def test_only_a_signature_can_be_revoked(aws: LocalAws) -> None:
    """RevokeSignature of a failed job is refused."""
    prepare(aws)
    failed = finish(aws, b"")
    with pytest.raises(ClientError, match="no signature to revoke"):
        aws.client("signer").revoke_signature(jobId=failed["jobId"], reason="leaked")


def test_a_revoked_profile_version_revokes_later_signatures(aws: LocalAws) -> None:
    """RevokeSigningProfile ends signatures made since its effective time, and new jobs."""
    prepare(aws)
    client = aws.client("signer")
    before = finish(aws, archive(FILES), "1")
    aws.clock.advance(60)
    effective = aws.clock.datetime()
    after = finish(aws, archive(FILES), "2")
    version = client.get_signing_profile(profileName="releases")["profileVersion"]
    request = {"profileName": "releases", "profileVersion": version, "reason": "leaked"}
    with pytest.raises(ClientError, match="must be in the past"):
        client.revoke_signing_profile(
            **request, effectiveTime=aws.clock.datetime().replace(year=2030)
        )
    client.revoke_signing_profile(**request, effectiveTime=effective)
    held = [signer.signature_of(signed_bytes(aws, job)) for job in (before, after)]
    assert [signature.revoked for signature in held if signature] == [False, True]
    profile = client.get_signing_profile(profileName="releases")
    assert profile["status"] == "Revoked"
    assert profile["revocationRecord"]["revocationEffectiveFrom"] == effective
    with pytest.raises(ClientError, match="not active"):
        finish(aws, archive(FILES), "3")
