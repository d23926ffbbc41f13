/** A server fault we live with. */
export interface Quirk {
  /** Who was seen with it. */
  readonly server: string;
  /** How it is told. */
  readonly told: string;
  /** What we do. */
  readonly done: string;
  /** The file under src that does it, and the name in it where that is not plain. */
  readonly where: string;
  /** Where it was reported: a project and its issue, or one of its files. */
  readonly source: string;
}
