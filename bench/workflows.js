// The Background Check for the TypeScript SDK, which draws other random numbers than Python's from
// the same seed. So that both take the same branch, this one goes by the file name that
// replay.mjs gives it as the Workflow Id.

import { log, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';

const { ssn_trace_activity } = proxyActivities({ scheduleToCloseTimeout: '5 seconds' });

export async function BackgroundCheck(ssn) {
  if (workflowInfo().workflowId.startsWith('timer')) {
    log.info('Sleeping for 60 seconds');
    await sleep('60 seconds');
  }
  return await ssn_trace_activity(ssn);
}
