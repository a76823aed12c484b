from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey

CUSTOMER = SearchAttributeKey.for_keyword("Customer")  # which nobody has added to the Namespace


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        await workflow.sleep(timedelta(milliseconds=100))
        workflow.upsert_search_attributes([CUSTOMER.value_set("c-1")])
        return "shipped"
