"""The API of Security Hub."""

from __future__ import annotations

import json
from typing import Any, cast

from moto.securityhub.responses import SecurityHubResponse as MotoSecurityHubResponse

from canary.localaws.securityhub.models import SecurityHubBackend


class SecurityHubResponse(MotoSecurityHubResponse):
    """Reads the parameters of each operation and shapes its answer."""

    @property
    def _backend(self) -> SecurityHubBackend:
        return cast(SecurityHubBackend, self.securityhub_backend)

    def _parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = json.loads(self.body or "{}")
        return parameters

    def get_findings(self) -> str:
        parameters = self._parameters()
        findings, token = self._backend.get_findings(
            filters=parameters.get("Filters"),
            sort_criteria=parameters.get("SortCriteria"),
            max_results=parameters.get("MaxResults"),
            next_token=parameters.get("NextToken"),
        )
        return json.dumps({"Findings": findings} | ({"NextToken": token} if token else {}))

    def batch_update_findings(self) -> str:
        parameters = self._parameters()
        wanted = parameters.pop("FindingIdentifiers")
        processed, unprocessed = self._backend.batch_update_findings(wanted, parameters)
        return json.dumps({"ProcessedFindings": processed, "UnprocessedFindings": unprocessed})
