/**
 * Learns who is at the screen before anything else is loaded: language, time zone and labels are constants to Lightning's modules, so they
 * must be known when those are evaluated.
 */
import { openSession } from 'practice/session';
import { askOrg } from './org/org-api.js';

const START_TRIES_MAX = 5;
const START_RETRY_MS = 1_000;

async function start() {
  for (let tries = 1; ; tries += 1) {
    try {
      const [me, { objects }] = await Promise.all([askOrg('/me'), askOrg('/objects')]);
      openSession(me, objects);
      break;
    } catch (error) {
      if (tries === START_TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS));
    }
  }
  const { showApp } = await import('./app.js');
  showApp();
}

start().catch((error) => {
  const place = document.createElement('p');
  place.setAttribute('role', 'alert');
  place.className = 'slds-box slds-theme_error slds-m-around_large';
  place.textContent = `This org cannot be reached / 无法连接到此组织: ${error.message}`;
  document.body.append(place);
});
