/** Closes the dialog in which the page shows a component as a quick action. */
export class CloseActionScreenEvent extends CustomEvent {
  constructor() {
    super('lightning__actionsclosescreen', { composed: true, cancelable: true, bubbles: true });
  }
}
