"""Where Security Hub is found."""

from moto.securityhub.urls import url_bases
from moto.securityhub.urls import url_paths as moto_url_paths

from canary.localaws.securityhub.responses import SecurityHubResponse

__all__ = ["url_bases", "url_paths"]

url_paths = dict.fromkeys(moto_url_paths, SecurityHubResponse.dispatch) | {
    "{0}/findings/batchupdate$": SecurityHubResponse.dispatch,
}
