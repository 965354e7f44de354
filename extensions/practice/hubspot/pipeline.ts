/** Pipelines and their stages, as a new portal has them (HubSpot docs, Pipelines). */
import type { ObjectTypeId } from './object-type.ts';

interface PipelineStage {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  /** Deals: `probability`, `isClosed`; tickets: `ticketState` OPEN or CLOSED. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Pipeline {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  readonly stages: readonly PipelineStage[];
}

type DealRow = readonly [id: string, label: string, probability: string];

const DEAL_STAGES: readonly DealRow[] = [
  ['appointmentscheduled', 'Appointment Scheduled', '0.2'],
  ['qualifiedtobuy', 'Qualified To Buy', '0.4'],
  ['presentationscheduled', 'Presentation Scheduled', '0.6'],
  ['decisionmakerboughtin', 'Decision Maker Bought-In', '0.8'],
  ['contractsent', 'Contract Sent', '0.9'],
  ['closedwon', 'Closed Won', '1.0'],
  ['closedlost', 'Closed Lost', '0.0'],
];

const TICKET_STAGES: readonly (readonly [id: string, label: string, state: 'OPEN' | 'CLOSED'])[] = [
  ['1', 'New', 'OPEN'],
  ['2', 'Waiting on contact', 'OPEN'],
  ['3', 'Waiting on us', 'OPEN'],
  ['4', 'Closed', 'CLOSED'],
];

/** The pipelines of a fresh portal; companies have none. */
export function standardPipelines(typeId: ObjectTypeId): readonly Pipeline[] {
  switch (typeId) {
    case '0-3':
      return [
        {
          id: 'default',
          label: 'Sales Pipeline',
          displayOrder: 0,
          stages: DEAL_STAGES.map(([id, label, probability], displayOrder) => ({
            id,
            label,
            displayOrder,
            metadata: { probability, isClosed: String(id.startsWith('closed')) },
          })),
        },
      ];
    case '0-5':
      return [
        {
          id: '0',
          label: 'Support Pipeline',
          displayOrder: 0,
          stages: TICKET_STAGES.map(([id, label, ticketState], displayOrder) => ({
            id,
            label,
            displayOrder,
            metadata: { ticketState },
          })),
        },
      ];
    case '0-2':
      return [];
  }
}
