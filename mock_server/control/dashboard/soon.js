/**
 * Work that many events ask for, done once for all of them: a while after the first, never twice at once.
 * @param {() => Promise<void>} work
 * @param {number} delayMs
 */
export function soon(work, delayMs) {
  let isWaiting = false;
  let isWorking = false;
  const ask = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(run, delayMs);
  };
  const run = async () => {
    if (isWorking) {
      setTimeout(run, delayMs);
      return;
    }
    isWaiting = false;
    isWorking = true;
    try {
      await work();
    } catch {
      // The pending content is outdated; a lost connection is reported elsewhere.
    } finally {
      isWorking = false;
    }
  };
  return ask;
}
