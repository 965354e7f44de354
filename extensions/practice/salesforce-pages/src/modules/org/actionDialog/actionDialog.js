/** Shows the package's quick action "Attach contract" as a screen action: the platform gives the dialog, the component its contents. */
import { api } from 'lwc';
import LightningModal from 'lightning/modal';

export default class ActionDialog extends LightningModal {
  @api recordId;
  @api objectName;

  connectedCallback() {
    this.template.addEventListener('lightning__actionsclosescreen', () => this.close());
  }
}
