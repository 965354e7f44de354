export class RefreshEvent extends CustomEvent {
  constructor() {
    super('lightning__refreshview', { composed: true, cancelable: true, bubbles: true });
  }
}
export const registerRefreshHandler = () => 0;
export const unregisterRefreshHandler = () => {};
