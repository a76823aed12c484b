"""What tells a Worker without a call."""

from temporalio.service import ConnectConfig
from temporalio.worker import Replayer

from tests.gate.targets.flows import NotAWorkflow, Order, Shipment

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
