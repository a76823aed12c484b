// The way of the TypeScript SDK: `node replay.mjs FOLDER`; without a folder it makes the bundle.

import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const codePath = here('node_modules/workflows.bundle.js');
const logger = new DefaultLogger('ERROR');
const folder = process.argv[2];

async function* histories() {
  for (const name of (await readdir(folder)).sort()) {
    yield { workflowId: name, history: JSON.parse(await readFile(join(folder, name), 'utf8')) };
  }
}

if (folder) {
  Runtime.install({ logger });
  const options = { workflowBundle: { codePath }, reuseV8Context: true };
  for await (const result of Worker.runReplayHistories(options, histories())) {
    if (result.error) throw result.error;
  }
} else {
  const { code } = await bundleWorkflowCode({ workflowsPath: here('workflows.js'), logger });
  await writeFile(codePath, code);
}
