import { createElement } from 'lwc';
import { language } from 'practice/session';
import OrgApp from 'org/app';

export function showApp() {
  document.documentElement.lang = language();
  document.body.append(createElement('org-app', { is: OrgApp }));
}
