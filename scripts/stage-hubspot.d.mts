/** Stages the project into `folder` and gives the staged source folder. Throws when the folder holds other files. */
export function stageHubSpotProject(folder: string): string;
