"""The paths of AWS Signer that the operations answer to."""

from moto.signer.urls import url_bases
from moto.signer.urls import url_paths as moto_url_paths

from canary.localaws.signer.responses import SignerResponse

__all__ = ["url_bases", "url_paths"]

url_paths = dict.fromkeys(moto_url_paths, SignerResponse.dispatch) | {
    "{0}/signing-profiles$": SignerResponse.dispatch,
    "{0}/signing-profiles/(?P<profile_name>[^/]+)/revoke$": SignerResponse.dispatch,
    "{0}/signing-jobs$": SignerResponse.dispatch,
    "{0}/signing-jobs/(?P<job_id>[^/]+)$": SignerResponse.dispatch,
    "{0}/signing-jobs/(?P<job_id>[^/]+)/revoke$": SignerResponse.dispatch,
}
