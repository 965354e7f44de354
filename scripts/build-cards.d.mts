export type BuiltCard = {
  readonly uid: string;
  readonly title: string;
  readonly location: string;
  readonly objectTypes: readonly string[];
  readonly bundle: string;
  readonly manifest: string;
};

export function buildCards(options?: {
  readonly out?: string;
  readonly force?: boolean;
  readonly log?: (line: string) => void;
}): Promise<{ readonly built: boolean; readonly cards: readonly BuiltCard[] }>;
