/** Setup: the package in this org, who has which of its permission sets, and how the product is connected. */
import { LightningElement } from 'lwc';
import { session } from 'practice/session';
import { sayFailed } from '../../../org/announce.js';
import { askOrg } from '../../../org/org-api.js';
import { t, wordsOf } from '../../../org/words.js';
import Confirm from 'org/confirm';

export default class Setup extends LightningElement {
  people = [];
  isWorking = false;
  org = session().org;
  user = session().user;
  words = wordsOf({
    title: 'setup.title',
    package: 'setup.package',
    install: 'setup.install',
    uninstall: 'setup.uninstall',
    body: 'setup.installBody',
    orgId: 'setup.org',
    address: 'setup.address',
    zone: 'setup.zone',
    currency: 'setup.currency',
    people: 'setup.people',
    person: 'setup.person',
    email: 'setup.email',
    sets: 'setup.sets',
    connect: 'setup.connect',
    connectBody: 'setup.connectBody',
  });

  connectedCallback() {
    askOrg('/users').then(
      ({ users }) => {
        this.people = users.map((each) => ({
          ...each,
          sets:
            each.permissionSets.map((name) => name.replace(/^\w+?__/, '').replaceAll('_', ' ')).join(', ') ||
            t('setup.noSets'),
        }));
      },
      (failure) => sayFailed(this, failure),
    );
  }

  get state() {
    return t(this.org.packageInstalled ? 'setup.installed' : 'setup.notInstalled');
  }
  get badgeClass() {
    return this.org.packageInstalled ? 'slds-theme_success' : '';
  }
  get isActOff() {
    return this.isWorking || !this.user.isAdmin;
  }

  async handleInstall() {
    await this.set(true);
  }

  async handleUninstall() {
    const isSure = await Confirm.open({
      size: 'small',
      label: t('setup.uninstall'),
      text: t('setup.uninstallBody'),
      action: t('setup.uninstall'),
    });
    if (isSure) await this.set(false);
  }

  async set(installed) {
    this.isWorking = true;
    try {
      await askOrg('/package', { method: 'POST', body: { installed } });
      window.location.reload();
    } catch (failure) {
      this.isWorking = false;
      sayFailed(this, failure);
    }
  }
}
