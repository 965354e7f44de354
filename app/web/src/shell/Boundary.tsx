/** Catches a page that could not be loaded or drawn: the frame stays, the reason is said, and reloading is one press away. */
import { Component, type ReactNode } from 'react';
import { Failed } from '../parts/States.tsx';

type State = { readonly error: unknown };

export class Boundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <Failed error={this.state.error} onRetry={() => window.location.reload()} />;
  }
}
