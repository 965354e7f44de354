/** Where each value comes from, what the two sides disagreed on, and the stages so far (sync rules S2 and S13). */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';

const ENTRIES_MAX = 20;

export default class ContractHistory extends LightningElement {
  @api detail;
  /** The contract in the workspace, where a value that was set aside is restored. */
  @api url;
  words = {
    conflicts: t('history.conflicts'),
    provenance: t('history.provenance'),
    timeline: t('history.timeline'),
    empty: t('history.empty'),
    restore: t('conflict.restore'),
    newTab: t('card.newTab'),
  };

  get conflicts() {
    return this.detail.conflicts.slice(0, ENTRIES_MAX).map((conflict) => noteOf(conflict, this.detail.today));
  }

  get hasConflicts() {
    return this.detail.conflicts.length > 0;
  }

  get isRestorable() {
    return this.detail.conflicts.some((conflict) => !conflict.restored);
  }

  get provenance() {
    const { provenance, today } = this.detail;
    return provenance.slice(0, ENTRIES_MAX).map((entry) => ({
      key: `${entry.field}-${entry.at}`,
      text: presenter.provenance(entry, today),
      was: entry.previous === null ? null : t('history.was', { value: presenter.value(entry.field, entry.previous) }),
    }));
  }

  get hasProvenance() {
    return this.detail.provenance.length > 0;
  }

  get timeline() {
    const { timeline, today } = this.detail;
    return timeline.slice(-ENTRIES_MAX).map(({ stage, at, actor }) => {
      const shown = { stage: presenter.stage(stage).text, time: presenter.instant(at, today) };
      return {
        key: `${stage}-${at}`,
        text: actor === null ? t('history.timelineEntry', shown) : t('history.timelineEntryBy', { ...shown, actor }),
      };
    });
  }

  get hasTimeline() {
    return this.detail.timeline.length > 0;
  }
}

function noteOf(conflict, today) {
  const { id, field, ours, theirs, winner, reason, restored, at } = conflict;
  const [kept, lost] = winner === 'ours' ? [ours, theirs] : [theirs, ours];
  const sentences = [
    presenter.conflictReason(reason),
    restored ? t('conflict.restored') : null,
    presenter.instant(at, today),
  ];
  return {
    id,
    tone: restored ? 'info' : 'notice',
    heading: t('conflict.title', {
      field: presenter.field(field),
      kept: presenter.value(field, kept),
      lost: presenter.value(field, lost),
    }),
    message: sentences.filter(Boolean).join(' '),
  };
}
