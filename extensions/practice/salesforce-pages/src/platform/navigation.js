/** `lightning/navigation` for the kinds of pages that this org has. */
import { addressOf, goTo } from '../org/route.js';

const Navigate = Symbol('Navigate');
const GenerateUrl = Symbol('GenerateUrl');

function pathOf({ type, attributes }) {
  switch (type) {
    case 'standard__recordPage':
      return addressOf.record(attributes.objectApiName, attributes.recordId);
    case 'standard__objectPage':
      return addressOf.list(attributes.objectApiName);
    default:
      return attributes.url ?? addressOf.home();
  }
}

export const NavigationMixin = (Base) =>
  class extends Base {
    [Navigate](reference) {
      if (reference.type === 'standard__webPage') window.open(reference.attributes.url, '_blank', 'noopener');
      else goTo(pathOf(reference));
    }

    [GenerateUrl](reference) {
      return Promise.resolve(pathOf(reference));
    }
  };
NavigationMixin.Navigate = Navigate;
NavigationMixin.GenerateUrl = GenerateUrl;
