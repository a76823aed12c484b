"""What tells a Worker without a call."""

from dataclasses import dataclass

from temporalio.service import ConnectConfig
from temporalio.worker import Replayer

from tests.gate.targets.flows import NotAWorkflow, Order, Shipment


@dataclass
class Settings:
    api_key: str

    @property
    def workers(self) -> list[type]:
        raise RuntimeError("not connected")


LIST = [Order, Shipment]
TUPLE = (Order, Shipment)
SET = {Order, Shipment}
BY_NAME = {"order": Order, "shipment": Shipment}
ONE = Order
REPLAYER = Replayer(workflows=[Order, Shipment], namespace="shop")
CONFIG = {"workflows": [Order, Shipment], "namespace": "shop"}

EMPTY: list[type] = []
MIXED = [Order, NotAWorkflow]
TEXT = "Order"
CONNECT_CONFIG = ConnectConfig("localhost:7233")
SETTINGS = Settings("secret")
