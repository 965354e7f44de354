/** The module's text, as the sources give it now. */
export function bundleCoreModule(): Promise<string>;

/** Whether the committed module is what the sources give. */
export function isCoreModuleFresh(): Promise<boolean>;
