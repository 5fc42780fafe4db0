// What of a row is not as it has to be.

const { cuts } = require('./cases');
const { OWN_SOAK } = require('./trial');

/** `action`: which one was tried, and when. @typedef {import('./cases').Case & { action: string } & import('./trial').Measured} Row */

/** GitHub kills a cancelled step after so many seconds. */
const GRANTED_S = 10;
/** So long may a run that was killed keep the next one from its work. */
const BLOCKED_S = 60;

/** Ends after which a run may have been cancelled too late to say so. */
const NEARLY_OVER = ['recording', 'recorded'];

/** In words; empty where all is well. @param {Row} row @returns {string[]} */
function faultsOf(row) {
  if (!row.isReached) return ['the run never came to this moment'];
  return [...outcomeFaults(row), ...clusterFaults(row), ...nextFaults(row)];
}

/** How a run has to end whose host comes back, or that is cancelled. @param {import('./cases').Case} each */
function endings({ cut, fault }) {
  const itself = cuts[cut]?.version === 'good' ? 'deployed' : 'failed-rolled-back';
  if (fault === 'SIGKILL') return [''];
  if (fault === 'gone') return ['unknown'];
  // So long nobody waits who has not begun.
  if (cut === 'connecting' && fault === 'away') return ['refused'];
  if (fault !== 'SIGINT') return [itself];
  return NEARLY_OVER.includes(cut) ? ['cancelled', itself] : ['cancelled'];
}

/** @param {Row} row */
function outcomeFaults({ cut, fault, outcome, cause, exitCode, postExitCode, after, state, serves }) {
  const wanted = endings({ cut, fault });
  const isGreen = exitCode === 0;
  const isFalselyRed = wanted.join() === 'deployed' && !isGreen;
  // That a connection is silent for good shows after 40 s; the run goes on without the evidence after 10.
  const mayBeWordless = cut === 'evidence' && fault === 'drop';
  const isServing = state.image === 'new' && state.ready.join() === 'new' && serves === 'new';
  const isBack = state.image === 'old' && state.ready.join() === 'old' && serves === 'old';
  return [
    ...(wanted.includes(outcome) ? [] : [`${outcome || 'no outcome'}, not ${wanted.join(' or ')}`]),
    ...(isGreen && !isServing ? ['a false green'] : []),
    ...(isGreen !== (outcome === 'deployed') ? [`exit ${exitCode} with ${outcome}`] : []),
    ...(outcome === 'failed-rolled-back' && !isBack ? ['not rolled back'] : []),
    ...(isFalselyRed || (outcome.startsWith('failed') && isServing) ? ['a false red'] : []),
    ...(fault === 'SIGINT' && after > GRANTED_S ? [`${after.toFixed(1)} s after the signal`] : []),
    ...(outcome === 'failed-rolled-back' && !mayBeWordless && !cause.includes('its last words')
      ? ['without the last words of what failed']
      : []),
    ...(postExitCode === 0 ? [] : [`post step: exit ${postExitCode}`]),
  ];
}

/** @param {Row} row */
function clusterFaults({ cut, fault, outcome, state, serves, expected, dropped, left }) {
  // One that was ready and crashes takes with it what it was asked.
  const mayDrop = cuts[cut]?.version === 'bad later';
  // A run that was killed cannot let go, nor one that does not get there any more, or whose patch gets there when it has ended.
  const mayBeHeld = fault === 'SIGKILL' || fault === 'gone' || (fault === 'SIGINT' && cut === 'patch-late');
  // The host cannot know that nobody listens any more: what it runs for the run ends by itself.
  const mayBeLeft = fault === 'drop';
  const isOver = outcome === 'deployed' || outcome.startsWith('failed');
  return [
    ...(serves === expected ? [] : [`${serves} serves, not ${expected}`]),
    ...(isOver && !state.isComplete ? ['the rollout is not complete'] : []),
    ...(state.soak.before === OWN_SOAK ? [] : [`the owner's minReadySeconds is taken for ${state.soak.before}`]),
    ...(outcome === 'failed-rolled-back' && state.soak.set !== OWN_SOAK
      ? [`minReadySeconds left at ${state.soak.set}`]
      : []),
    ...(state.isHeld && !mayBeHeld ? ['still held'] : []),
    ...(dropped.length > 0 && !mayDrop ? [`${dropped.length} requests dropped`] : []),
    ...(left.length > 0 && !mayBeLeft ? [`${left.length} left on the host`] : []),
  ];
}

/** @param {Row} row */
function nextFaults({ next }) {
  return [
    ...(next.outcome === 'deployed' ? [] : [`the next run: ${next.outcome || 'no outcome'}`]),
    ...(next.serves === 'new' && next.isComplete ? [] : [`after the next run ${next.serves} serves`]),
    ...(next.waited > BLOCKED_S ? [`the next run was kept for ${next.waited.toFixed(0)} s`] : []),
  ];
}

module.exports = { endings, faultsOf };
