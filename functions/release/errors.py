"""
One class per condition; its name is what the state machine retries and catches.

Messages say what was found, where, and what to do next.
"""


class ReleaseError(Exception):
    """Anything that a release can end with, by our own decision."""


class InvalidRequestError(ReleaseError):
    """The request is not understood or asks for something that cannot be."""


class PackageInvalidError(ReleaseError):
    """The package is absent, unversioned, too large, no zip, or lacks the handler."""


class TargetNotReadyError(ReleaseError):
    """The function, its alias, its deployment group or its code signing cannot take a release."""


class AlarmCoverageError(ReleaseError):
    """No alarm watches the deployment, or one of them is missing, red, or out of our reach."""


class ReleaseInProgressError(ReleaseError):
    """Another release holds this alias or its deployment group."""


class NothingToReleaseError(ReleaseError):
    """The alias already serves this very code and configuration."""


class NothingToRollBackError(ReleaseError):
    """No release of this alias is running with traffic, or promoted within its guard window."""


class FrozenError(ReleaseError):
    """An operator has stopped releases of this function, or all of them."""


class FindingsBlockedError(ReleaseError):
    """The reports name findings too grave to release, and no exception covers them."""


class ReportUnreadableError(ReleaseError):
    """A report is not what it is said to be, or its scanner could not look: that is not clean."""


class FindingsNotImportedError(ReleaseError):
    """Security Hub is not there, or did not take the findings, asked again and again."""


class SigningFailedError(ReleaseError):
    """The signing job failed or did not end in time."""


class PublishFailedError(ReleaseError):
    """The new version could not be published, or is not what was signed."""


class ProbeFailedError(ReleaseError):
    """The new version did not answer a probe event as expected; no user has met it."""


class ReleaseStaleError(ReleaseError):
    """The world has changed since this release was planned: it must not go on."""


class DeploymentConflictError(ReleaseError):
    """The deployment group has an active deployment that is not ours."""


class DeploymentFailedError(ReleaseError):
    """Traffic may have begun to shift and the deployment cannot be relied on: roll back."""


class AliasMovedError(ReleaseError):
    """Someone outside moved the alias; it is reported and left as it is."""


class AwsUnavailableError(ReleaseError):
    """AWS throttled, failed or did not answer, also after botocore's retries. Worth a retry."""


class UnreadableError(ReleaseError):
    """Something that a verdict needs could not be read, or is no longer there."""
