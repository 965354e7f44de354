/**
 * Gathers what judging needs from outside — today's date in the workspace's zone, calendars, policies — so that `judgeRecord` itself
 * stays pure.
 */
import type { RecordRead } from '../crm/port.ts';
import { type BusinessCalendar, WEEKENDS_CALENDAR } from '../domain/calendar.ts';
import { plainDateIn } from '../domain/dates.ts';
import { wantedValues } from '../domain/wanted-values.ts';
import type { DirtyItem, RecordState } from '../store/port.ts';
import { type Judgement, judgeRecord } from './judge-record.ts';
import type { EngineParts } from './settings.ts';
import type { Turn } from './turn.ts';

/** `patient`: whether an answer older than one already seen is refused. Null when judging failed by a bug, which is logged. */
type Judge = (item: DirtyItem, state: RecordState, read: RecordRead, patient: boolean) => Judgement | null;

export async function createJudge(turn: Turn, work: readonly { readonly state: RecordState }[]): Promise<Judge> {
  const { world, settings } = turn.parts;
  const { workspaceId } = turn.connection;
  const calendars = await calendarsFor(turn.parts, work);
  const conflictPolicy = await settings.conflictPolicyOf(workspaceId);
  const zone = await settings.timeZoneOf(workspaceId);
  const asOf = plainDateIn(zone, world.clock.now());
  const wantedContext = {
    asOf,
    calendarOf: (id: string) => calendars.get(id) ?? WEEKENDS_CALENDAR,
    contractUrl: (contractId: string) => settings.contractUrl(turn.connection, contractId),
  };
  return (item, state, read, patient) => {
    const now = world.clock.now();
    try {
      return judgeRecord(patient ? state : believing(state), read, {
        connection: turn.connection,
        now,
        asOf,
        freshToken: world.random.uuid(),
        eventId: item.eventId,
        conflictPolicy,
        wanted: (linked) => wantedValues(linked, wantedContext),
      });
    } catch (error) {
      world.log.error({ error, ref: state.ref, connectionId: turn.connection.connectionId }, 'judging a record failed');
      return null;
    }
  };
}

/** The same state for a host whose clock went back: its newest answer is taken as it is. */
function believing(state: RecordState): RecordState {
  return state.mirror === null ? state : { ...state, mirror: { ...state.mirror, hostUpdatedAt: null } };
}

async function calendarsFor(
  parts: EngineParts,
  work: readonly { readonly state: RecordState }[],
): Promise<ReadonlyMap<string, BusinessCalendar>> {
  const ids = new Set(work.flatMap(({ state }) => state.contracts.map(({ contract }) => contract.term.calendarId)));
  const found = new Map<string, BusinessCalendar>();
  for (const id of ids) found.set(id, (await parts.calendars.find(id)) ?? WEEKENDS_CALENDAR);
  return found;
}
