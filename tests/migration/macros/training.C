/// Trains a few methods, as macros do that began as TMVA's example.
/// @param wanted methods to train, separated by commas

#include <map>
#include <string>
#include "TFile.h"
#include "TTree.h"
#include "TMVA/Factory.h"
#if not defined(__CINT__) || defined(__MAKECINT__)
#include "TMVA/DataLoader.h"
#endif
#define EPOCHS 3

using namespace std;

int training( TString wanted = "" )
{
   TMVA::Tools::Instance();
   std::map<std::string,int> Use;
   Use["BDTG"]    = 1; // boosted trees
   Use["DNN_CPU"] = 1;
   Use["DNN_GPU"] = 0;

   if (wanted != "") {
      for (std::map<std::string,int>::iterator it = Use.begin(); it != Use.end(); it++) it->second = 0;
      std::vector<TString> mlist = TMVA::gTools().SplitString( wanted, ',' );
      for (UInt_t i=0; i<mlist.size(); i++) {
         std::string method(mlist[i]);
         if (Use.find(method) == Use.end()) {
            std::cout << "\"" << method << "\" is not known. Choose among:" << std::endl;
            for (auto & one : Use) cout << one.first << " ";
            cout << endl;
            return 1;
         }
         Use[method] = 1;
      }
   }

   // files and trees
   TString fname = "./data.root";
   TFile *input(0);
   if (!gSystem->AccessPathName( fname )) input = TFile::Open( fname );
   else throw std::runtime_error("no data");
   std::unique_ptr<TFile> output{TFile::Open("training.root", "RECREATE")};
   TTree *signal     = (TTree*)input->Get("TreeS");
   TTree *background = dynamic_cast<TTree*>(input->Get("TreeB"));

   TMVA::Factory *factory = new TMVA::Factory( "training", output.get(),
      "!V:!Silent:Color:DrawProgressBar:Transformations=I;N:AnalysisType=Classification" );
   auto dataloader = new TMVA::DataLoader("dataset");
   dataloader->AddVariable( "sum := var1+var2", 'F' );
   dataloader->AddVariable( "var3", "Variable 3", "units", 'F' );
   dataloader->AddSpectator( "eventID", 'I' );
   Double_t signalWeight = 1.0, backgroundWeight(1.0);
   dataloader->AddSignalTree    ( signal,     signalWeight );
   dataloader->AddBackgroundTree( background, backgroundWeight );
   dataloader->SetBackgroundWeightExpression( "weight" );
   TCut common = "abs(var1)<8", mycutb = "abs(var3)<8";
   TCut mycuts = common && mycutb;
   const int n = 200;
   dataloader->PrepareTrainingAndTestTree( mycuts, mycutb, TString::Format(
      "nTrain_Signal=%i:nTrain_Background=%i:SplitMode=Random:NormMode=NumEvents:!V", n, n) );

   if (Use["BDTG"]) // not here
      factory->BookMethod( dataloader, TMVA::Types::kPDEFoam, "Foam",
                           "!H:!V:SigBgSeparate=F:TailCut=0.001" );
   if (Use["DNN_CPU"] or Use["DNN_GPU"]) {
      TString layout ("Layout=TANH|8,LINEAR");
      TString strategy("TrainingStrategy=LearningRate=1e-2,ConvergenceSteps=20,"
                       "BatchSize=20");
      strategy += Form(",MaxEpochs=%d", EPOCHS);
      TString options ("!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=N:RandomSeed=3");
      options.Append (":"); options.Append (layout);
      options = options + ":" + strategy;
#ifdef R__HAS_TMVAGPU
      TString arch = "GPU";
#else
      TString arch = "CPU";
#endif
      options += ":Architecture=" + arch;
      factory->BookMethod(dataloader, TMVA::Types::kDL, Use["DNN_GPU"] ? "DNN_GPU" : "DNN_CPU", options);
   }
   factory->TrainAllMethods();
   factory->TestAllMethods();
   factory->EvaluateAllMethods();
   output->Close();
   std::cout << "==> Wrote root file: " << output->GetName() << std::endl;
   delete factory;
   delete dataloader;
   if (!gROOT->IsBatch()) TMVA::TMVAGui( "training.root" );
   return 0;
}

int main( int argc, char** argv )
{
   return training();
}
