"""Budgets, quotas, config maps, services and access rules in tables.

Source: kubernetes pkg/printers/internalversion/printers.go.
"""

from datetime import datetime

from autoscaler.emulator.printing.ages import age
from autoscaler.emulator.printing.columns import AGE, NAME, Column, Printer, created, name_of, or_none, wide
from autoscaler.model.json_types import JsonObject, JsonValue


def _budget(budget: JsonObject, now: datetime) -> list[JsonValue]:
    spec = budget.get("spec", {})
    return [
        name_of(budget),
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        budget.get("status", {}).get("disruptionsAllowed", 0),
        age(created(budget), now),
    ]


def _quota(quota: JsonObject, now: datetime) -> list[JsonValue]:
    status = quota.get("status", {})
    used = status.get("used") or {}
    shown = {name: f"{name}: {used.get(name, '0')}/{hard}" for name, hard in sorted((status.get("hard") or {}).items())}
    return [
        name_of(quota),
        ", ".join(text for name, text in shown.items() if not name.startswith("limits.")),
        ", ".join(text for name, text in shown.items() if name.startswith("limits.")),
        age(created(quota), now),
    ]


def _config_map(config_map: JsonObject, now: datetime) -> list[JsonValue]:
    count = len(config_map.get("data") or {}) + len(config_map.get("binaryData") or {})
    return [name_of(config_map), count, age(created(config_map), now)]


def _service_account(account: JsonObject, now: datetime) -> list[JsonValue]:
    return [name_of(account), len(account.get("secrets") or ()), age(created(account), now)]


def _service(service: JsonObject, now: datetime) -> list[JsonValue]:
    spec = service.get("spec", {})
    selector = spec.get("selector") or {}
    return [
        name_of(service),
        spec.get("type", "ClusterIP"),
        or_none((spec.get("clusterIPs") or [spec.get("clusterIP", "")])[0]),
        _external_address(service),
        ",".join(_port(port) for port in spec.get("ports") or ()) or "<none>",
        age(created(service), now),
        ",".join(f"{name}={selector[name]}" for name in sorted(selector)) or "<none>",
    ]


def _external_address(service: JsonObject) -> str:
    spec = service.get("spec", {})
    given = ",".join(spec.get("externalIPs") or ())
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    if spec.get("type") != "LoadBalancer":
        return given or "<none>"
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    assigned = ",".join(sorted(entry.get("ip") or entry.get("hostname", "") for entry in ingress))
    return ",".join(part for part in (assigned, given) if part) or "<pending>"


def _port(port: JsonObject) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port', 0)}{node_port}/{port.get('protocol', 'TCP')}"


def _binding(binding: JsonObject, now: datetime) -> list[JsonValue]:
    role = binding.get("roleRef", {})
    subjects = binding.get("subjects") or ()
    accounts = [f"{s.get('namespace', '')}/{s.get('name', '')}" for s in subjects if s.get("kind") == "ServiceAccount"]
    return [
        name_of(binding),
        f"{role.get('kind', '')}/{role.get('name', '')}",
        age(created(binding), now),
        ", ".join(s.get("name", "") for s in subjects if s.get("kind") == "User"),
        ", ".join(s.get("name", "") for s in subjects if s.get("kind") == "Group"),
        ", ".join(accounts),
    ]


BUDGET = Printer(
    (NAME, Column("Min Available"), Column("Max Unavailable"), Column("Allowed Disruptions", "integer"), AGE), _budget
)
QUOTA = Printer((NAME, Column("Request"), Column("Limit"), AGE), _quota)
CONFIG_MAP = Printer((NAME, Column("Data"), AGE), _config_map)
SERVICE_ACCOUNT = Printer((NAME, Column("Secrets"), AGE), _service_account)
SERVICE = Printer(
    (
        NAME,
        Column("Type"),
        Column("Cluster-IP"),
        Column("External-IP"),
        Column("Port(s)"),
        AGE,
        wide("Selector"),
    ),
    _service,
)
BINDING = Printer((NAME, Column("Role"), AGE, wide("Users"), wide("Groups"), wide("ServiceAccounts")), _binding)
