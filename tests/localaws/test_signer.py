"""Signing profiles and signing jobs."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws, signer

CODE = b"def handler(event, context): return 1\n"


def archive(files: dict[str, bytes]) -> bytes:
    """A zip file of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files.items():
            written.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def prepare(aws: LocalAws, versioned: bool = True) -> None:
    """A bucket and a profile."""
    aws.client("s3").create_bucket(Bucket="packages")
    if versioned:
        aws.client("s3").put_bucket_versioning(
            Bucket="packages", VersioningConfiguration={"Status": "Enabled"}
        )
    aws.client("signer").put_signing_profile(
        profileName="releases", platformId="AWSLambda-SHA384-ECDSA"
    )


def upload(aws: LocalAws, body: bytes, key: str = "incoming/a.zip") -> dict[str, str]:
    """The archive as a job's source."""
    version = aws.client("s3").put_object(Bucket="packages", Key=key, Body=body).get("VersionId")
    return {"bucketName": "packages", "key": key, "version": version or "null"}


def start(aws: LocalAws, source: dict[str, str], run: str = "first", **other: Any) -> str:
    """The id of a job that signs the source."""
    request = {
        "source": {"s3": source},
        "destination": {"s3": {"bucketName": "packages", "prefix": "signed/"}},
        "profileName": "releases",
        "clientRequestToken": run,
    }
    job: str = aws.client("signer").start_signing_job(**request | other)["jobId"]
    return job


def finish(aws: LocalAws, body: bytes, run: str = "first") -> dict[str, Any]:
    """What DescribeSigningJob says once the job over this archive has ended."""
    job = start(aws, upload(aws, body), run)
    aws.clock.advance(5)
    described: dict[str, Any] = aws.client("signer").describe_signing_job(jobId=job)
    return described


def signed_bytes(aws: LocalAws, described: dict[str, Any]) -> bytes:
    """The archive that a job signed."""
    place = described["signedObject"]["s3"]
    body: bytes = (
        aws.client("s3").get_object(Bucket=place["bucketName"], Key=place["key"])["Body"].read()
    )
    return body


def error_of(raised: pytest.ExceptionInfo[ClientError]) -> str:
    """The error's code."""
    return str(raised.value.response["Error"]["Code"])


def test_a_job_is_in_progress_for_five_seconds(aws: LocalAws) -> None:
    """A job says InProgress without a signed object first, and Succeeded with one afterwards."""
    prepare(aws)
    job = start(aws, upload(aws, archive({"a.py": CODE})))
    aws.clock.advance(4.9)
    early = aws.client("signer").describe_signing_job(jobId=job)
    assert (early["status"], early.get("signedObject")) == ("InProgress", None)
    aws.clock.advance(0.1)
    late = aws.client("signer").describe_signing_job(jobId=job)
    assert (late["status"], late["statusReason"]) == ("Succeeded", "Signing Succeeded")
    assert late["signedObject"]["s3"] == {"bucketName": "packages", "key": f"signed/{job}.zip"}
    assert late["completedAt"] - late["createdAt"] == timedelta(seconds=5)


def test_the_signed_archive_is_a_larger_zip_file(aws: LocalAws) -> None:
    """The signed archive holds the same files and one more, and its signature is found."""
    prepare(aws)
    described = finish(aws, archive({"a.py": CODE, "b/c.py": b""}))
    body = signed_bytes(aws, described)
    with zipfile.ZipFile(io.BytesIO(body)) as signed:
        assert signed.namelist()[:2] == ["a.py", "b/c.py"]
        assert len(signed.namelist()) == 3
        assert signed.read("a.py") == CODE
    signature = signer.signature_of(body)
    profile = aws.client("signer").get_signing_profile(profileName="releases")
    assert signature is not None
    assert signature.profile_version_arn == profile["profileVersionArn"]
    assert signature.job_arn.endswith(described["jobId"])
    assert signature.expires_at == described["signatureExpiresAt"]
    assert not signature.revoked


@pytest.mark.parametrize("body", [b"", b"no zip file", archive({}), archive({"a": CODE})[:-9]])
def test_an_archive_that_cannot_be_read_fails(aws: LocalAws, body: bytes) -> None:
    """Empty and malformed archives end their job as Failed, with a reason and no signed object."""
    prepare(aws)
    described = finish(aws, body)
    assert described["status"] == "Failed"
    assert "signedObject" not in described
    assert described["statusReason"].startswith("The file is ")


def test_a_signed_archive_is_not_signed_again(aws: LocalAws) -> None:
    """Signing an archive that carries a signature fails."""
    prepare(aws)
    body = signed_bytes(aws, finish(aws, archive({"a.py": CODE})))
    described = finish(aws, body, run="again")
    assert (described["status"], described["statusReason"]) == (
        "Failed",
        "The file is already signed.",
    )


def test_the_same_token_is_the_same_job(aws: LocalAws) -> None:
    """A repeated token gives the first job, also after it failed; another token gives a new one."""
    prepare(aws)
    source = upload(aws, b"")
    first = start(aws, source)
    aws.clock.advance(10)
    assert start(aws, source) == first
    assert start(aws, source, run="other") != first
    assert len(aws.client("signer").list_signing_jobs()["jobs"]) == 2


def test_the_source_bucket_must_be_versioned(aws: LocalAws) -> None:
    """An object in a bucket without versions is refused."""
    prepare(aws, versioned=False)
    source = upload(aws, archive({"a.py": CODE}))
    with pytest.raises(ClientError) as raised:
        start(aws, source)
    assert error_of(raised) == "ValidationException"
    assert "Versioning is not enabled" in str(raised.value)


def test_the_source_version_is_required_and_must_exist(aws: LocalAws) -> None:
    """An empty version is a ValidationException, an unknown one a ResourceNotFoundException."""
    prepare(aws)
    source = upload(aws, archive({"a.py": CODE}))
    with pytest.raises(ClientError, match="source:version should not be empty") as raised:
        start(aws, source | {"version": ""})
    assert error_of(raised) == "ValidationException"
    with pytest.raises(ClientError) as raised:
        start(aws, source | {"version": "unknown"})
    assert error_of(raised) == "ResourceNotFoundException"


def test_the_given_version_is_signed(aws: LocalAws) -> None:
    """A job signs the version that it was given, not the newest."""
    prepare(aws)
    old = upload(aws, archive({"a.py": b"old"}))
    upload(aws, archive({"a.py": b"new"}))
    job = start(aws, old)
    aws.clock.advance(5)
    body = signed_bytes(aws, aws.client("signer").describe_signing_job(jobId=job))
    assert zipfile.ZipFile(io.BytesIO(body)).read("a.py") == b"old"


def test_unknown_names_are_not_found(aws: LocalAws) -> None:
    """An unknown profile, job, bucket or other owner's profile is a ResourceNotFoundException."""
    prepare(aws)
    source = upload(aws, archive({"a.py": CODE}))
    client = aws.client("signer")
    for call in (
        lambda: client.get_signing_profile(profileName="nobody"),
        lambda: client.cancel_signing_profile(profileName="nobody"),
        lambda: client.describe_signing_job(jobId="nothing"),
        lambda: start(aws, source, profileName="nobody"),
        lambda: start(aws, source, profileOwner="999999999999"),
        lambda: start(aws, source | {"bucketName": "nowhere"}),
        lambda: start(aws, source, destination={"s3": {"bucketName": "nowhere"}}),
    ):
        with pytest.raises(ClientError) as raised:
            call()
        assert error_of(raised) == "ResourceNotFoundException"


def test_a_canceled_profile_signs_no_more(aws: LocalAws) -> None:
    """A canceled profile starts no job, cannot be put again, and is listed only on demand."""
    prepare(aws)
    source = upload(aws, archive({"a.py": CODE}))
    client = aws.client("signer")
    client.cancel_signing_profile(profileName="releases")
    assert client.get_signing_profile(profileName="releases")["status"] == "Canceled"
    for call in (
        lambda: start(aws, source),
        lambda: client.put_signing_profile(
            profileName="releases", platformId="AWSLambda-SHA384-ECDSA"
        ),
    ):
        with pytest.raises(ClientError, match="not active") as raised:
            call()
        assert error_of(raised) == "ValidationException"
    assert client.list_signing_profiles()["profiles"] == []
    (listed,) = client.list_signing_profiles(includeCanceled=True)["profiles"]
    assert listed["status"] == "Canceled"


def test_a_profile_changes_by_a_new_version(aws: LocalAws) -> None:
    """Putting a profile again keeps its ARN; what it then signs follows the new version."""
    prepare(aws)
    client = aws.client("signer")
    first = client.get_signing_profile(profileName="releases")
    assert first["signatureValidityPeriod"] == {"value": 135, "type": "MONTHS"}
    assert first["arn"] == "arn:aws:signer:us-east-1:123456789012:/signing-profiles/releases"
    assert first["profileVersionArn"] == f"{first['arn']}/{first['profileVersion']}"
    second = client.put_signing_profile(
        profileName="releases",
        platformId="AWSLambda-SHA384-ECDSA",
        signatureValidityPeriod={"value": 30, "type": "DAYS"},
    )
    assert second["arn"] == first["arn"]
    assert second["profileVersion"] != first["profileVersion"]
    described = finish(aws, archive({"a.py": CODE}))
    assert described["signatureExpiresAt"] - described["createdAt"] == timedelta(days=30)
    assert described["profileVersion"] == second["profileVersion"]


@pytest.mark.parametrize(
    "change",
    [
        {"platformId": "AWSIoTDeviceManagement-SHA256-ECDSA"},
        {"signingMaterial": {"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}},
        {"signatureValidityPeriod": {"value": 136, "type": "MONTHS"}},
        {"signatureValidityPeriod": {"value": 0, "type": "DAYS"}},
        {"profileName": "with-a-dash"},
    ],
)
def test_a_profile_that_lambda_cannot_use_is_refused(aws: LocalAws, change: dict[str, Any]) -> None:
    """Other platforms, certificates, validity beyond 135 months and bad names are refused."""
    request = {"profileName": "releases", "platformId": "AWSLambda-SHA384-ECDSA"}
    with pytest.raises(ClientError) as raised:
        aws.client("signer").put_signing_profile(**request | change)
    assert error_of(raised) == "ValidationException"


def test_profiles_carry_tags(aws: LocalAws) -> None:
    """Tags given at creation and added later are read back; removed ones are gone."""
    client = aws.client("signer")
    arn = client.put_signing_profile(
        profileName="releases", platformId="AWSLambda-SHA384-ECDSA", tags={"team": "orders"}
    )["arn"]
    client.tag_resource(resourceArn=arn, tags={"stage": "test"})
    assert client.get_signing_profile(profileName="releases")["tags"] == {
        "team": "orders",
        "stage": "test",
    }
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "test"}


def test_a_job_that_ended_is_announced(aws: LocalAws) -> None:
    """A rule on the job's status change gets the documented detail."""
    prepare(aws)
    queue = aws.client("sqs").create_queue(QueueName="announced")["QueueUrl"]
    client = aws.client("events")
    client.put_rule(Name="jobs", EventPattern='{"source": ["aws.signer"]}')
    arn = "arn:aws:sqs:us-east-1:123456789012:announced"
    client.put_targets(
        Rule="jobs", Targets=[{"Id": "1", "Arn": arn, "InputPath": "$.detail.status"}]
    )
    finish(aws, archive({"a.py": CODE}))
    aws.clock.advance(1)
    (message,) = aws.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == '"Succeeded"'
