/** Global header and navigation tabs: search everywhere, the person's menu, the app's objects. */
import { LightningElement, api } from 'lwc';
import { language, objects, session } from 'practice/session';
import { askOrg, becomePerson } from '../../../org/org-api.js';
import { pageOf, TABS } from '../../../org/object-pages.js';
import { addressOf, goTo } from '../../../org/route.js';
import { t, wordsOf } from '../../../org/words.js';

export default class Header extends LightningElement {
  @api route;
  people = [];
  org = session().org.name;
  words = wordsOf({
    app: 'app.name',
    practice: 'app.practice',
    launcher: 'app.launcher',
    nav: 'nav.label',
    search: 'search.all',
    menu: 'user.menu',
    setup: 'user.setup',
    bin: 'user.bin',
    viewAs: 'user.viewAs',
    language: 'user.language',
  });
  languages = [
    { value: 'en_US', label: t('language.en'), checked: language() === 'en' },
    { value: 'zh_CN', label: t('language.zh'), checked: language() === 'zh-CN' },
  ];

  connectedCallback() {
    askOrg('/users').then(
      ({ users }) => {
        this.people = users.map((user) => ({
          ...user,
          label: user.isAdmin ? `${user.name} (${t('user.administrator')})` : user.name,
          checked: user.id === session().user.id,
        }));
      },
      // Without the others the menu still offers everything else.
      () => {},
    );
  }

  get userName() {
    return session().user.name;
  }

  get initials() {
    return this.userName
      .split(' ')
      .map((part) => part[0])
      .join('')
      .slice(0, 2);
  }

  get term() {
    return this.route.page === 'search' ? this.route.term : '';
  }

  get tabs() {
    const open = this.route.page === 'home' ? 'home' : this.route.object;
    const tab = (name, label, href) => ({
      name,
      label,
      href,
      current: open === name ? 'page' : null,
      className: `slds-context-bar__item ${open === name ? 'slds-is-active' : ''}`,
    });
    const known = TABS.flatMap((name) => objects().find((object) => object.name === name) ?? []);
    return [
      tab('home', t('nav.home'), addressOf.home()),
      ...known.map(({ name, labelPlural }) => tab(name, labelPlural, addressOf.list(name))),
    ].map((each) => ({ ...each, icon: pageOf(each.name).icon }));
  }

  handleSearch(event) {
    if (event.key !== 'Enter') return;
    const term = event.target.value.trim();
    if (term !== '') goTo(addressOf.search(term));
  }

  async handleMenu(event) {
    const [kind, value] = event.detail.value.split(':');
    if (kind === 'go') return goTo(value === 'bin' ? addressOf.bin() : addressOf.setup());
    if (kind === 'language') await askOrg('/me', { method: 'PATCH', body: { language: value } });
    else becomePerson(value);
    // Language and access are constants to every module of the page.
    return window.location.reload();
  }

  get menuLanguages() {
    return this.languages.map((each) => ({ ...each, menuValue: `language:${each.value}` }));
  }

  get menuPeople() {
    return this.people.map((each) => ({ ...each, menuValue: `person:${each.id}` }));
  }
}
