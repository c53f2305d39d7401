"""The endpoint of Step Functions."""

from canary.localaws.stepfunctions.responses import LocalStepFunctionResponse

url_bases = [r"https?://states\.(.+)\.amazonaws.com"]

url_paths = {"{0}/$": LocalStepFunctionResponse.dispatch}
