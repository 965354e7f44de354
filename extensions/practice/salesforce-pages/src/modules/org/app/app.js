/** The frame of Lightning Experience: header and tabs above, one page below, notices over both. */
import { LightningElement } from 'lwc';
import { objects, session } from 'practice/session';
import { onNews } from '../../../org/live-news.js';
import { currentRoute, followLinks, onRoute } from '../../../org/route.js';
import { t } from '../../../org/words.js';

export default class App extends LightningElement {
  route = currentRoute();
  skip = t('nav.skip');
  stop = [];

  connectedCallback() {
    followLinks(document);
    this.stop = [onRoute((route) => this.show(route)), onNews((news) => this.hear(news))];
    this.addEventListener('lightning__showtoast', (event) => this.toast(event.detail));
    // Dialogs live beside this element, so that their notices arrive at the document.
    document.addEventListener('lightning__showtoast', (event) => {
      if (!event.composedPath().includes(this.template.host)) this.toast(event.detail);
    });
  }

  disconnectedCallback() {
    for (const stop of this.stop) stop();
  }

  /** Installing or removing the package changes every object: nothing on the page is worth keeping. */
  hear(news) {
    if (news.type === 'package' && news.installed !== session().org.packageInstalled) window.location.reload();
  }

  show(route) {
    this.route = route;
    this.template.querySelector('main')?.focus();
    window.scrollTo(0, 0);
  }

  toast(detail) {
    this.template.querySelector('org-toasts').show(detail);
  }

  get isHome() {
    return this.route.page === 'home';
  }
  get isList() {
    return this.route.page === 'list' && this.isKnown;
  }
  get isRecord() {
    return this.route.page === 'record';
  }
  get isBin() {
    return this.route.page === 'bin';
  }
  get isSearch() {
    return this.route.page === 'search';
  }
  get isSetup() {
    return this.route.page === 'setup';
  }
  get isUnknown() {
    return this.route.page === 'unknown' || (this.route.page === 'list' && !this.isKnown);
  }
  get isKnown() {
    return objects().some(({ name }) => name === this.route.object);
  }

  handleSkip(event) {
    event.preventDefault();
    this.template.querySelector('main').focus();
  }
}
