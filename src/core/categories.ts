/** A category before it is stored. */
export interface CategorySeed {
  readonly code: string;
  readonly name: string;
  readonly description: string;
}

/** The categories a fresh database starts with. Codes and names are CHL's own and must not change. */
export const SEEDED_CATEGORIES: readonly CategorySeed[] = [
  {
    code: 'FPD',
    name: 'figma_page_design',
    description: 'Laying out whole pages in Figma, from frame to finished screen.',
  },
  {
    code: 'DSD',
    name: 'database_schema_design',
    description: 'Tables, keys, indexes and constraints, and why they are as they are.',
  },
  {
    code: 'PGS',
    name: 'page_specification',
    description: 'Writing down what one page shows, does and refuses.',
  },
  {
    code: 'TMG',
    name: 'ticket_management',
    description: 'Opening, splitting, ordering and closing tickets.',
  },
  {
    code: 'ADG',
    name: 'architecture_design',
    description: 'Dividing a system into parts and choosing how they meet.',
  },
  {
    code: 'MGC',
    name: 'migration_code',
    description: 'Code that moves data or a codebase from one form to another.',
  },
  {
    code: 'FTH',
    name: 'frontend_html',
    description: 'Markup: structure, semantics, forms and styling hooks.',
  },
  { code: 'LPW', name: 'laravel_php_web', description: 'Web applications in PHP with Laravel.' },
  { code: 'PGT', name: 'python_agent', description: 'Agents and their tools written in Python.' },
  {
    code: 'PPT',
    name: 'playwright_page_test',
    description: 'Driving one page in a browser with Playwright.',
  },
  { code: 'EET', name: 'e2e_test', description: 'Tests that run a whole product the way a user would.' },
  { code: 'PRQ', name: 'pull_request', description: 'Preparing, describing and landing pull requests.' },
  {
    code: 'GLN',
    name: 'chl_guidelines',
    description: 'How to write and judge the entries of this memory itself.',
  },
  {
    code: 'REQ',
    name: 'requirements_specification',
    description: 'Finding out what is wanted and stating it so it can be checked.',
  },
  {
    code: 'RMP',
    name: 'roadmap_planning',
    description: 'What comes next, in which order, and what has to wait.',
  },
  {
    code: 'DSS',
    name: 'design_systems',
    description: 'Shared components, tokens and the rules for using them.',
  },
  {
    code: 'ACC',
    name: 'accessibility',
    description: 'Making interfaces work for every person and every input device.',
  },
  { code: 'FGD', name: 'figma_design', description: 'Working in Figma: components, variants, handover.' },
  {
    code: 'FRA',
    name: 'frontend_architecture',
    description: 'State, routing and module boundaries of browser applications.',
  },
  {
    code: 'WPF',
    name: 'web_performance',
    description: 'Making pages load and respond faster, and measuring that they do.',
  },
  {
    code: 'API',
    name: 'api_design',
    description: 'Contracts between programs: resources, errors, versions.',
  },
  {
    code: 'BEA',
    name: 'backend_architecture',
    description: 'Services, queues and data flow behind the interface.',
  },
  { code: 'DBM', name: 'database_modeling', description: 'Turning a domain into entities and relations.' },
  {
    code: 'DEP',
    name: 'deployment_release',
    description: 'Getting a build to its users, and back again when it fails.',
  },
  { code: 'OBS', name: 'observability', description: 'Logs, metrics and traces that answer questions.' },
  {
    code: 'SRE',
    name: 'reliability_sre',
    description: 'Keeping services up: limits, incidents and what follows them.',
  },
  { code: 'SEC', name: 'security_review', description: 'Looking for ways in before somebody else does.' },
  { code: 'TST', name: 'testing', description: 'Unit and integration tests: what to check and how.' },
  {
    code: 'CRV',
    name: 'code_review',
    description: 'Reading the code of others and saying something useful about it.',
  },
  {
    code: 'DOC',
    name: 'documentation',
    description: 'Explaining a system to the people who use or change it.',
  },
  {
    code: 'RFG',
    name: 'refactoring',
    description: 'Changing the shape of code without changing what it does.',
  },
  {
    code: 'TRS',
    name: 'technical_research',
    description: 'Comparing options and proving a choice by experiment.',
  },
  {
    code: 'PRM',
    name: 'prompting_workflows',
    description: 'Instructions and sequences of work for language models.',
  },
  {
    code: 'LLM',
    name: 'llm_tooling',
    description: 'Libraries, servers and plumbing around language models.',
  },
  { code: 'AEV', name: 'agent_evaluation', description: 'Measuring whether an agent did what it was asked.' },
  { code: 'TKT', name: 'ticket_edit', description: 'Wording and changing the text of a single ticket.' },
  { code: 'GHF', name: 'github_flow', description: 'Branches, checks and merges on GitHub.' },
];
