// What is under way, so that a signal can end it.

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isStopped = false;

/** To be told of each process that is waited for. @param {import('node:child_process').ChildProcess} child */
function begun(child) {
  running.add(child);
  child.once('close', () => running.delete(child));
  if (isStopped) child.kill();
}

/** Ends what runs, and whatever is begun later: whoever waits for it fails, and takes away what there is. */
function stop() {
  isStopped = true;
  for (const child of running) child.kill();
}

module.exports = { begun, stop };
