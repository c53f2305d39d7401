"""Which requests come here: those that moto's Lambda knows, and what it lacks."""

from moto.awslambda.urls import url_bases as url_bases
from moto.awslambda.urls import url_paths as moto_url_paths

from canary.localaws.awslambda.responses import LambdaResponse

url_paths = dict.fromkeys(
    [
        *moto_url_paths,
        r"{0}/(?P<api_version>[^/]+)/functions/(?P<name>[\w:%-]+)/provisioned-concurrency/?$",
        r"{0}/(?P<api_version>[^/]+)/code-signing-configs/?$",
        r"{0}/(?P<api_version>[^/]+)/code-signing-configs/(?P<arn>[\w:%-]+)$",
        r"{0}/(?P<api_version>[^/]+)/code-signing-configs/(?P<arn>[\w:%-]+)/functions$",
    ],
    LambdaResponse.dispatch,
)
