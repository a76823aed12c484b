"""The two Clients of a shadow: of the Namespace that it replays, and of its own."""

from dataclasses import replace

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from replaygate.mistake import Mistake
from replaygate.targets.connecting import connected, of_environment
from replaygate.targets.target import Target, connect, data_converter

REFUSED = {  # as long as nobody changes something; all else may pass
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.UNIMPLEMENTED,
}


async def own_client(
    target: Target, given: str, profile: str, namespace: str, other: Client | None = None
) -> Client:
    """Return the Client of the shadow's own Namespace.

    Its payloads go through the codec of the target's: a report quotes what code and SDK say.

    Args:
        target: Whose codec and, unless another is named, whose endpoint it uses.
        given: MODULE:ATTRIBUTE of another Client, or nothing.
        profile: Of the configuration file, or nothing.
        namespace: Where the shadow runs.
        other: The target's Client if it is connected already.

    Raises:
        Mistake: There is no such Namespace, or it is the one that is replayed.
        TargetError: The Client can't be made.
    """
    theirs = other.data_converter if other else data_converter(target)
    if given:
        service = (await connected(given, target.folder)).service_client
    elif profile:
        service = (await of_environment(DataConverter.default, profile)).service_client
    else:
        other = other or await connect(target)
        service = other.service_client
    address = service.config.target_host
    if other and (other.service_client.config.target_host, other.namespace) == (address, namespace):
        raise Mistake(
            f"A shadow must not run in the Namespace that it replays, {namespace!r}: "
            "name its own with --namespace"
        )
    converter = replace(
        DataConverter.default,
        payload_codec=theirs.payload_codec,
        failure_converter_class=theirs.failure_converter_class,
    )
    client = Client(service, namespace=namespace, data_converter=converter)
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        create = f"temporal operator namespace create --namespace {namespace} --address {address}"
        raise Mistake(f"{address} has no Namespace {namespace!r}. Create it: {create}") from None
    return client
