/**
 * A record page: highlights and path above; the package's card where its own record page has it; details, related lists and field history
 * in tabs. Lightning's record page shows a change made elsewhere after a refresh; this one follows the org's news within a second, and
 * leaves alone what the person is typing.
 */
import { LightningElement, api } from 'lwc';
import { objects } from 'practice/session';
import pages from 'practice/flexipages';
import { sayDone, sayFailed } from '../../../org/announce.js';
import { deleteRecord, undeleteRecord } from '../../../org/org-api.js';
import { objectOfId, refreshRecords, watchRecord } from '../../../org/record-store.js';
import { addressOf, goTo } from '../../../org/route.js';
import { t, wordsOf } from '../../../org/words.js';
import ActionDialog from 'org/actionDialog';
import Confirm from 'org/confirm';
import MergeForm from 'org/mergeForm';
import RecordForm from 'org/recordForm';

const CARD = 'c:contractCard';
const PATH_OF = { Opportunity: 'StageName', Case: 'Status' };

export default class RecordPage extends LightningElement {
  given;
  record = null;
  failure = null;
  unwatch = () => {};
  words = wordsOf({
    details: 'record.details',
    related: 'record.related',
    history: 'record.history',
    isDeleted: 'record.isDeleted',
    merged: 'record.mergedInto',
    openMaster: 'record.openMaster',
    restore: 'record.restore',
  });

  @api get route() {
    return this.given;
  }

  set route(route) {
    this.given = route;
    if (this.record?.id === route.id) return;
    this.unwatch();
    this.record = null;
    this.failure = null;
    this.unwatch = watchRecord(route.id, ({ record, error }) => {
      this.record = record ?? null;
      this.failure = error ?? null;
      if (record !== undefined) document.title = `${record.name} | ${this.object.label}`;
    });
  }

  disconnectedCallback() {
    this.unwatch();
  }

  get object() {
    return objectOfId(this.given.id, objects());
  }
  get isLoading() {
    return this.record === null && this.failure === null;
  }
  get isMissing() {
    return this.failure?.status === 404;
  }
  get isFailed() {
    return this.failure !== null && !this.isMissing;
  }
  get isLive() {
    return !this.record.isDeleted;
  }
  get pathField() {
    return this.isLive ? PATH_OF[this.record.object] : undefined;
  }
  get hasCard() {
    return this.isLive && pages[this.record.object]?.some(({ component }) => component === CARD);
  }
  /** The card stands in the wide region, above the tabs, unless the package's page says sidebar. */
  get hasMainCard() {
    return this.hasCard && !this.isSidebarCard;
  }
  get hasSidebarCard() {
    return this.hasCard && this.isSidebarCard;
  }
  get isSidebarCard() {
    return pages[this.record.object].find(({ component }) => component === CARD).region === 'sidebar';
  }
  get masterAddress() {
    const { masterRecordId, object } = this.record;
    return masterRecordId === null ? null : addressOf.record(object, masterRecordId);
  }
  get canRestore() {
    return this.masterAddress === null;
  }

  async handleAction(event) {
    switch (event.detail.action) {
      case 'edit':
        return this.edit();
      case 'delete':
        return this.delete();
      case 'merge':
        return this.merge();
      default:
        return ActionDialog.open({
          size: 'medium',
          label: t('record.attach'),
          recordId: this.record.id,
          objectName: this.record.object,
        });
    }
  }

  async edit() {
    const { name, object } = this.record;
    const label = t('record.editTitle', { name });
    const saved = await RecordForm.open({ size: 'medium', label, objectName: object, record: this.record });
    if (saved !== undefined) sayDone(this, t('record.saved', { object: this.object.label, name: saved.name }));
  }

  async delete() {
    const { id, name, object } = this.record;
    const isSure = await Confirm.open({
      size: 'small',
      label: t('record.deleteTitle', { object: this.object.label }),
      text: t('record.deleteBody', { name }),
      action: t('record.delete'),
    });
    if (!isSure) return;
    try {
      await deleteRecord(object, id);
      sayDone(this, t('record.deleted', { object: this.object.label, name }));
      goTo(addressOf.list(object));
    } catch (failure) {
      sayFailed(this, failure);
    }
  }

  async merge() {
    const master = await MergeForm.open({ size: 'small', label: t('merge.title'), rows: [this.record] });
    if (master === undefined) return;
    sayDone(this, t('merge.done', { name: master.name }));
    if (master.id === this.record.id) void refreshRecords([master.id]);
    else goTo(addressOf.record(master.object, master.id));
  }

  async handleRestore() {
    const { id, name, object } = this.record;
    try {
      await undeleteRecord(object, id);
      await refreshRecords([id]);
      sayDone(this, t('record.restored', { name }));
    } catch (failure) {
      sayFailed(this, failure);
    }
  }

  handleRetry() {
    this.failure = null;
    void refreshRecords([this.given.id]);
  }
}
