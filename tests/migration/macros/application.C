#include "TMVA/Reader.h"
using namespace TMVA;

// Applies a method event by event.
void application(const char *method = "DNN_CPU", Int_t nbin = 50)
{
   Reader *reader = new Reader( "!Color:!Silent" );
   Float_t sum, var3;
   Int_t eventID = 0;
   reader->AddVariable( "sum := var1+var2", &sum );
   reader->AddVariable( "var3", &var3 );
   reader->AddSpectator( "eventID", &eventID );
   TString dir = "dataset/weights/", prefix = "training";
   TString weightfile = dir + prefix + TString("_") + method + ".weights.xml";
   reader->BookMVA( TString(method) + " method", weightfile );

   TH1F *hist = new TH1F( "MVA", "MVA", nbin, -0.1, 1.1 );
   TFile *input = TFile::Open("data.root");
   TTree *theTree = (TTree*)input->Get("TreeS");
   Float_t userVar[2];
   for (int k = 0; k < 2; ++k) theTree->SetBranchAddress( Form("var%i", k + 1), &userVar[k] );
   theTree->SetBranchAddress( "var3", &var3 );
   TStopwatch sw;
   sw.Start();
   Long64_t nEntries = theTree->GetEntries(), passed = 0;
   double mean{0};
   for (Long64_t ievt=0; ievt<theTree->GetEntries(); ievt++) {
      if (ievt%200 == 0) std::cout << "--- ... Processing event: " << ievt << std::endl;
      theTree->GetEntry(ievt);
      sum = userVar[0] + userVar[1];
      Double_t val = reader->EvaluateMVA( TString(method) + " method" );
      hist->Fill( val );
      mean += val / nEntries;
      if (val > 0.5 && !(sum < -1e9)) passed++;
   }
   sw.Stop();
   TFile *target = new TFile( "applied.root","RECREATE" );
   hist->Write();
   target->Close();
   printf("passed: %lld of %lld, mean %.3f\n", passed, nEntries, mean);
   int half = passed / 2, i = 3;
   while (i > 0) { --i; if (i == 1) break; else continue; }
   do { half--; } while (half > 10);
   std::cout << "half: " << half << " i: " << i;
   delete reader;
}
