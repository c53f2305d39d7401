"""The paths of AWS CodeDeploy that the operations answer to."""

from moto.codedeploy.urls import url_bases

from canary.localaws.codedeploy.responses import CodeDeployResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/$": CodeDeployResponse.dispatch}
