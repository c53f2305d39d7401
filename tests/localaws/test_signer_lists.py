"""Lists of signing jobs and profiles."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.test_signer import CODE, archive, finish, prepare


def test_jobs_are_listed_by_status_and_in_pages(aws: LocalAws) -> None:
    """ListSigningJobs filters by status and revocation, and pages."""
    prepare(aws)
    good = finish(aws, archive({"a.py": CODE}), "1")["jobId"]
    finish(aws, b"", "2")
    finish(aws, b"", "3")
    client = aws.client("signer")
    assert [job["jobId"] for job in client.list_signing_jobs(status="Succeeded")["jobs"]] == [good]
    page = client.list_signing_jobs(status="Failed", maxResults=1)
    assert len(page["jobs"]) == 1
    rest = client.list_signing_jobs(status="Failed", maxResults=1, nextToken=page["nextToken"])
    assert rest["jobs"][0]["jobId"] != page["jobs"][0]["jobId"]
    assert client.list_signing_jobs(isRevoked=True)["jobs"] == []
    with pytest.raises(ClientError, match="pagination token"):
        client.list_signing_jobs(nextToken="elsewhere")


def test_jobs_are_listed_by_who_where_and_when(aws: LocalAws) -> None:
    """Each filter of ListSigningJobs leaves out what does not match."""
    prepare(aws)
    job = finish(aws, archive({"a.py": CODE}))
    client = aws.client("signer")
    root = "arn:aws:iam::123456789012:root"
    expires, hour = job["signatureExpiresAt"], timedelta(hours=1)

    def found(**filters: Any) -> bool:
        return bool(client.list_signing_jobs(**filters)["jobs"])

    assert found(platformId="AWSLambda-SHA384-ECDSA", requestedBy=root, jobInvoker="123456789012")
    assert not found(platformId="AmazonFreeRTOS-Default")
    assert not found(requestedBy="arn:aws:iam::123456789012:user/nobody")
    assert not found(jobInvoker="210987654321")
    assert found(signatureExpiresAfter=expires - hour, signatureExpiresBefore=expires + hour)
    assert not found(signatureExpiresAfter=expires + hour)
    assert not found(signatureExpiresBefore=expires - hour)
    client.revoke_signature(jobId=job["jobId"], reason="leaked")
    assert found(isRevoked=True)
    assert not found(isRevoked=False)


def test_profiles_are_listed_by_platform_status_and_page(aws: LocalAws) -> None:
    """A canceled one only where it is asked for."""
    prepare(aws)
    client = aws.client("signer")
    for name in ("second", "third"):
        client.put_signing_profile(profileName=name, platformId="AWSLambda-SHA384-ECDSA")
    client.cancel_signing_profile(profileName="third")

    def names(**filters: Any) -> list[str]:
        found = client.list_signing_profiles(**filters)["profiles"]
        return [profile["profileName"] for profile in found]

    assert names() == ["releases", "second"]
    assert names(statuses=["Canceled"]) == ["third"]
    assert names(includeCanceled=True) == ["releases", "second", "third"]
    assert names(platformId="AmazonFreeRTOS-Default") == []
    assert names(maxResults=1) == ["releases"]
