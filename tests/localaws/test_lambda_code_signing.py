"""Code signing configs, and which packages they let through."""

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.packages import ECHO, FAILING, call, create, role, total, zipped


def profile(aws: LocalAws, name: str = "releases") -> str:
    """The version ARN of a signing profile, valid for a day."""
    answer = aws.client("signer").put_signing_profile(
        profileName=name,
        platformId="AWSLambda-SHA384-ECDSA",
        signatureValidityPeriod={"value": 1, "type": "DAYS"},
    )
    arn: str = answer["profileVersionArn"]
    return arn


def signed(aws: LocalAws, code: str = ECHO, profile_name: str = "releases") -> tuple[bytes, str]:
    """A package signed by a profile, and the id of the job that did it."""
    s3, signer = aws.client("s3"), aws.client("signer")
    s3.create_bucket(Bucket="packages")
    s3.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="packages", Key="a.zip", Body=zipped(code))["VersionId"]
    job = signer.start_signing_job(
        source={"s3": {"bucketName": "packages", "key": "a.zip", "version": version}},
        destination={"s3": {"bucketName": "packages", "prefix": "signed/"}},
        profileName=profile_name,
        clientRequestToken=f"{profile_name} {version}",
    )["jobId"]
    aws.clock.advance(60)
    where = signer.describe_signing_job(jobId=job)["signedObject"]["s3"]
    body = s3.get_object(Bucket=where["bucketName"], Key=where["key"])["Body"].read()
    return body, job


def config(aws: LocalAws, policy: str, *publishers: str) -> str:
    """The ARN of a code signing config."""
    answer = aws.client("lambda").create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": list(publishers)},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
    )
    arn: str = answer["CodeSigningConfig"]["CodeSigningConfigArn"]
    return arn


def guarded(aws: LocalAws, policy: str) -> str:
    """A function `orders` under a config that allows the profile `releases`."""
    arn = config(aws, policy, profile(aws))
    create(aws)
    aws.client("lambda").put_function_code_signing_config(
        FunctionName="orders", CodeSigningConfigArn=arn
    )
    return arn


def deploy(aws: LocalAws, package: bytes) -> dict[str, Any]:
    """What UpdateFunctionCode answers."""
    updated: dict[str, Any] = aws.client("lambda").update_function_code(
        FunctionName="orders", ZipFile=package
    )
    return updated


def test_a_signed_package_is_deployed_with_its_signature_on_record(aws: LocalAws) -> None:
    """The configuration names profile version and job; an unsigned deployment clears them."""
    arn = guarded(aws, "Enforce")
    package, job = signed(aws, "def handler(event, context): return 'signed'")
    updated = deploy(aws, package)
    assert updated["SigningProfileVersionArn"].startswith(
        f"arn:aws:signer:us-east-1:{aws.account}:/signing-profiles/releases/"
    )
    assert updated["SigningJobArn"].endswith(f":/signing-jobs/{job}")
    aws.clock.advance(2)
    assert call(aws)[0] == "signed"
    client = aws.client("lambda")
    client.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"}
    )
    assert "SigningJobArn" not in deploy(aws, zipped(FAILING))


def unsigned(aws: LocalAws) -> bytes:
    """A package without a signature."""
    return zipped(FAILING)


def expired(aws: LocalAws) -> bytes:
    """A package whose signature was valid until yesterday."""
    package = signed(aws)[0]
    aws.clock.advance(2 * 86400)
    return package


def revoked(aws: LocalAws) -> bytes:
    """A package whose signature was revoked."""
    package, job = signed(aws)
    aws.client("signer").revoke_signature(jobId=job, reason="leaked")
    return package


def foreign(aws: LocalAws) -> bytes:
    """A package signed by a profile that is not allowed."""
    profile(aws, "elsewhere")
    return signed(aws, profile_name="elsewhere")[0]


@pytest.mark.parametrize("make", [unsigned, expired, revoked, foreign])
def test_what_is_not_trusted_is_blocked_or_counted(aws: LocalAws, make: Any) -> None:
    """Enforce refuses it and keeps the old code; Warn deploys it and counts an error."""
    arn = guarded(aws, "Enforce")
    package = make(aws)
    client = aws.client("lambda")
    before = client.get_function_configuration(FunctionName="orders")
    with pytest.raises(client.exceptions.CodeVerificationFailedException, match="cannot deploy"):
        deploy(aws, package)
    after = client.get_function_configuration(FunctionName="orders")
    assert (after["CodeSha256"], after["RevisionId"]) == (
        before["CodeSha256"],
        before["RevisionId"],
    )
    assert total(aws, "SignatureValidationErrors", FunctionName="orders") == 0
    client.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"}
    )
    assert "SigningJobArn" not in deploy(aws, package)
    assert total(aws, "SignatureValidationErrors", FunctionName="orders") == 1


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
def test_a_package_changed_after_signing_is_always_blocked(aws: LocalAws, policy: str) -> None:
    """The integrity check blocks even under Warn."""
    guarded(aws, policy)
    buffer = io.BytesIO(signed(aws)[0])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("smuggled.py", "")
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.InvalidCodeSignatureException, match="integrity"):
        deploy(aws, buffer.getvalue())


def layer(aws: LocalAws, package: bytes, name: str = "tools") -> str:
    """The ARN of a layer version made of a package."""
    arn: str = aws.client("lambda").publish_layer_version(
        LayerName=name, Content={"ZipFile": package}
    )["LayerVersionArn"]
    return arn


def test_layers_of_a_signed_function_must_be_signed(aws: LocalAws) -> None:
    """An unsigned layer is refused under Enforce, whichever way it comes; a signed one is taken."""
    arn = guarded(aws, "Enforce")
    client = aws.client("lambda")
    bad, package = layer(aws, zipped(ECHO)), signed(aws)[0]
    with pytest.raises(client.exceptions.CodeVerificationFailedException):
        client.update_function_configuration(FunctionName="orders", Layers=[bad])
    assert client.get_function_configuration(FunctionName="orders").get("Layers", []) == []
    good = layer(aws, package, "signed")
    client.update_function_configuration(FunctionName="orders", Layers=[good])
    aws.clock.advance(2)
    with pytest.raises(client.exceptions.CodeVerificationFailedException):
        client.create_function(
            FunctionName="carts",
            Runtime="python3.13",
            Handler="index.handler",
            Role=role(aws),
            Code={"ZipFile": package},
            Layers=[bad],
            CodeSigningConfigArn=arn,
        )


def test_an_unsigned_layer_is_found_when_the_code_changes(aws: LocalAws) -> None:
    """A layer from before the config was attached blocks the next deployment of code."""
    create(aws, Layers=[layer(aws, zipped(ECHO))])
    client = aws.client("lambda")
    client.put_function_code_signing_config(
        FunctionName="orders", CodeSigningConfigArn=config(aws, "Enforce", profile(aws))
    )
    package = signed(aws)[0]
    with pytest.raises(client.exceptions.CodeVerificationFailedException):
        deploy(aws, package)
    client.update_function_configuration(FunctionName="orders", Layers=[])
    aws.clock.advance(2)
    assert "SigningJobArn" in deploy(aws, package)


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
def test_a_layer_changed_after_signing_is_always_blocked(aws: LocalAws, policy: str) -> None:
    """The integrity of layers counts under Warn, too, where an unsigned one is only counted."""
    guarded(aws, policy)
    client = aws.client("lambda")
    buffer = io.BytesIO(signed(aws)[0])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("smuggled.py", "")
    broken = layer(aws, buffer.getvalue())
    with pytest.raises(client.exceptions.InvalidCodeSignatureException):
        client.update_function_configuration(FunctionName="orders", Layers=[broken])
    if policy == "Warn":
        plain = layer(aws, zipped(ECHO), "plain")
        client.update_function_configuration(FunctionName="orders", Layers=[plain])
        assert total(aws, "SignatureValidationErrors", FunctionName="orders") == 1


def test_a_config_counts_from_the_next_deployment(aws: LocalAws) -> None:
    """What runs unsigned keeps running when a config is attached; detached, anything goes again."""
    guarded(aws, "Enforce")
    assert call(aws)[0] == {"version": "$LATEST"}
    client = aws.client("lambda")
    client.delete_function_code_signing_config(FunctionName="orders")
    found = client.get_function_code_signing_config(FunctionName="orders")
    assert "CodeSigningConfigArn" not in found
    deploy(aws, zipped(FAILING))


def test_a_function_can_be_born_under_a_config(aws: LocalAws) -> None:
    """CreateFunction checks the package too: unsigned it fails and leaves no function."""
    arn = config(aws, "Enforce", profile(aws))
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.CodeVerificationFailedException):
        create(aws, CodeSigningConfigArn=arn)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="orders")
    create(aws, CodeSigningConfigArn=arn, Code={"ZipFile": signed(aws)[0]})
    found = client.get_function_code_signing_config(FunctionName="orders")
    assert found["CodeSigningConfigArn"] == arn


def test_configs_are_kept_listed_and_protected_while_in_use(aws: LocalAws) -> None:
    """A config in use cannot be deleted; one that is gone cannot be attached."""
    arn = guarded(aws, "Enforce")
    client = aws.client("lambda")
    client.update_code_signing_config(CodeSigningConfigArn=arn, Description="strict")
    shown = client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    assert (shown["Description"], shown["CodeSigningConfigArn"]) == ("strict", arn)
    assert shown["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    assert len(client.list_code_signing_configs()["CodeSigningConfigs"]) == 1
    users = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert [user.rpartition(":")[2] for user in users] == ["orders"]
    with pytest.raises(client.exceptions.ResourceConflictException, match="attached"):
        client.delete_code_signing_config(CodeSigningConfigArn=arn)
    client.delete_function_code_signing_config(FunctionName="orders")
    client.delete_code_signing_config(CodeSigningConfigArn=arn)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_code_signing_config(CodeSigningConfigArn=arn)
    with pytest.raises(client.exceptions.CodeSigningConfigNotFoundException):
        client.put_function_code_signing_config(FunctionName="orders", CodeSigningConfigArn=arn)
    with pytest.raises(ClientError, match="between 1 and 20"):
        config(aws, "Warn", *[f"{role(aws)}{number}" for number in range(21)])
