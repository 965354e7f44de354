/**
 * The practice Salesforce org and its Pub/Sub API as a process of their own, so that their work is not counted as the product's and their
 * logs hold the server's calls alone.
 */
import { startPracticePubSub } from '../../extensions/practice/salesforce/pubsub/server.ts';
import { silentLog } from '../support/practice.ts';
import { logIn, startOrg } from '../support/practice-org.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { systemWorld } from '../support/system-world.ts';
import { epochMs, watchArrivals } from './arrivals.ts';
import type { HostMessage } from './host-protocol.ts';
import { countCallKinds } from './org-call-kinds.ts';
import { opportunityId, type OrgCalls, type OrgCommand, orgCommand, orgSetup } from './org-protocol.ts';

const RENEWAL_DATE = 'counterpart__Renewal_Date__c';
const DAY_MS = 86_400_000;
const FIRST_RENEWAL_AT = Date.UTC(2028, 0, 1);
const CREATED_AT = Date.UTC(2026, 0, 1);

const setup = orgSetup.parse(JSON.parse(process.argv[2] ?? '{}'));
const { org } = await startOrg({
  seed: () => ({
    records: {
      Opportunity: Array.from({ length: setup.opportunities }, (_, index) => ({
        id: opportunityId(index),
        values: { Name: `Opportunity ${index}`, StageName: 'Qualification', CloseDate: '2027-01-31', Amount: 1_000 },
        createdAt: CREATED_AT,
      })),
    },
  }),
});
const { clock } = systemWorld();
const bus = await startPracticePubSub({ org, port: 0, clock, random: createSeededRandom(11), log: silentLog });
const kinds = countCallKinds();
org.onChange(kinds.onChange);
const arrivals = watchArrivals();
org.onChange(({ entityName, recordIds, values }) => {
  const date = values[RENEWAL_DATE];
  if (entityName !== 'Opportunity' || typeof date !== 'string') return;
  for (const id of recordIds) arrivals.note(id, date);
});
/** Each edit sets a date that no opportunity ever had. */
let edits = 0;
let seen: Baseline = { log: new Map(), rpcs: {} };

type Baseline = { readonly log: ReadonlyMap<string, number>; readonly rpcs: Readonly<Record<string, number>> };

const send = (message: HostMessage): void => void process.send?.(message);
process.on('message', (raw: unknown) => {
  const command = orgCommand.parse(raw);
  answer(command).then(
    (value) => send({ kind: 'answer', id: command.id, value }),
    (error: unknown) => send({ kind: 'failure', id: command.id, message: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
send({ kind: 'ready', url: org.url });

async function answer(command: OrgCommand): Promise<unknown> {
  switch (command.kind) {
    case 'install': {
      const tokens = await logIn(org);
      return {
        orgId: org.orgId,
        clientId: org.app.clientId,
        clientSecret: org.app.clientSecret,
        pubSubEndpoint: bus.endpoint,
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        instanceUrl: tokens.instance_url,
      };
    }
    case 'edit': {
      edits += 1;
      const date = new Date(FIRST_RENEWAL_AT + edits * DAY_MS).toISOString().slice(0, 10);
      // Events of commits that come all at once are sent together, up to a hundred in an answer.
      bus.setFaults({ mute: true });
      for (let index = 0; index < command.records; index += 1)
        org.people.edit('Opportunity', opportunityId(index), { [RENEWAL_DATE]: date });
      bus.setFaults({ mute: false });
      return null;
    }
    case 'set': {
      const at = epochMs();
      org.people.edit('Opportunity', opportunityId(command.index), { [RENEWAL_DATE]: command.date });
      return at;
    }
    case 'arrival':
      return arrivals.wait(opportunityId(command.index), command.date, command.patienceMs);
    case 'calls':
      return callsSoFar(command.forget);
  }
}

/** The org's log and the bus's counts only grow, so what was seen before is taken off. */
function callsSoFar(forget: boolean): OrgCalls {
  const log = org.apiCallCounts();
  const rpcs = bus.callCounts();
  const report: OrgCalls = {
    kinds: kinds.read(),
    log: log
      .map((entry) => ({ ...entry, count: entry.count - (seen.log.get(keyOf(entry)) ?? 0) }))
      .filter(({ count }) => count > 0),
    streams: bus.streamCount(),
    rpcs: Object.fromEntries(Object.entries(rpcs).map(([name, count]) => [name, count - (seen.rpcs[name] ?? 0)])),
  };
  if (forget) {
    seen = { log: new Map(log.map((entry) => [keyOf(entry), entry.count])), rpcs };
    kinds.forget();
  }
  return report;
}

function keyOf({ method, path, status }: OrgCalls['log'][number]): string {
  return `${method} ${path} ${status}`;
}
