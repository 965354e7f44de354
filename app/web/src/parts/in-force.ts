/** The filter of the register for contracts in force, as the overview counts them. */
export const IN_FORCE = { stage: 'signed,active,renewing' } as const;
